import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { CaptureObject } from '../../../../src/cli/capture.js';
import { textWidth } from '../../../../src/cli/terminal/width.js';
import { frame } from '../../../../src/cli/watch/frame.js';
import { NO_HISTORY, withSeen } from '../../../../src/cli/watch/history.js';
import { CAPTURE_START, capture, completeCapture, target } from '../captures.js';

/** As it is 54 s after tcpdump began to listen; two statuses were seen, 2 s apart. */
function texts(of: CaptureObject, size: { columns: number; rows?: number }, before: CaptureObject = of): string[] {
  const history = withSeen(withSeen(NO_HISTORY, before, 50_000), of, 52_000);
  return frame({ capture: of, history }, { time: CAPTURE_START + 54_000, monotonic: 54_000 }, size).map(({ text }) => text);
}

const before = capture({ status: { packets: { captured: 60 }, bytes: { captured: 4000 }, targets: [target('web-0', { packets: { captured: 60 }, bytes: { captured: 4000 } })] } });
const many = (count: number, overrides = {}): CaptureObject => capture({ status: { targets: Array.from({ length: count }, (_, index) => target(`web-7d4f9c6b8f-pod${index}`, overrides)) } });

test('at 80 columns', () => {
  expect(texts(capture(), { columns: 80, rows: 24 }, before)).toEqual([
    'packetcapture/web-resets run 20261120T030512Z-1a2b3c  Capturing',
    'pod/web-0  filter: tcp port 8080',
    'Capturing: tcpdump listens to 1 of 1 targets; capturing lasts 2m in all',
    `[${'#'.repeat(16)}${'.'.repeat(21)}]  1m06s left of 2m`,
    '',
    'POD       NODE    STATE      PACKETS  LOST  FILES  SIZE  PKT/S  B/S',
    'web-0     node-a  Capturing      100     0      4   12k     20   4k',
    '1 target                         100     0      4   12k     20   4k',
    'uploaded 80 packets (9k), pending 20 packets (3k)',
  ]);
});

test('at 200 columns the bar is longer, and names are whole', () => {
  const long = 'a-deployment-with-a-long-name-7d4f9c6b8f-x2x9q';
  const lines = texts(capture({ status: { targets: [target(long)] } }), { columns: 200, rows: 24 });
  expect(lines[3]).toMatch(/^\[#{26}\.{32}\] {2}1m06s left of 2m$/);
  expect(lines[6]).toMatch(new RegExp(`^${long}  node-a  Capturing `));
});

test('at 60 columns names lose their middle, and the least important columns are missing', () => {
  const [titles, pod] = texts(capture({ status: { targets: [target('a-deployment-with-a-long-name-7d4f9c6b8f-x2x9q')] } }), { columns: 60, rows: 24 }).slice(5);
  expect(titles).toMatch(/^POD +NODE +STATE +PACKETS +LOST +SIZE/);
  expect(pod).toMatch(/^a-depl\S*…\S*x2x9q +node-a +Capturing/);
});

test('targets beyond the rows are counted, and the sum stays', () => {
  const lines = texts(many(40), { columns: 80, rows: 16 });
  expect(lines).toHaveLength(16);
  expect(lines.slice(-3)).toEqual(['… and 33 more', expect.stringMatching(/^40 targets /), expect.stringMatching(/^uploaded /)]);
});

test('all are shown where there are rows for them, to the last row', () => {
  expect(texts(many(5), { columns: 80, rows: 13 }).join('\n')).not.toContain('more');
  expect(texts(many(5), { columns: 80, rows: 12 }).join('\n')).toContain('… and 2 more');
  expect(texts(many(40), { columns: 80 })).toHaveLength(48);
});

test('targets that are over come last, with why; those that lost packets or failed stand out', () => {
  const mixed = capture({ status: { targets: [target('gone', { state: 'Ended', stopReason: 'TargetGone' }), target('bad', { state: 'Failed', reason: 'InterfaceNotFound' }), target('lossy', { packets: { captured: 9, lost: 3 } })] } });
  const lines = frame({ capture: mixed, history: NO_HISTORY }, { time: CAPTURE_START, monotonic: 0 }, { columns: 120, rows: 24 }).slice(6, 9);
  expect(lines.map(({ text }) => text.split(/ {2,}/).slice(0, 3))).toEqual([['lossy', 'node-a', 'Capturing'], ['gone', 'node-a', 'Ended (TargetGone)'], ['bad', 'node-a', 'Failed (InterfaceNotFound)']]);
  expect(lines.map(({ style }) => style)).toEqual(['bad', 'plain', 'bad']);
});

test('before a run there is what is waited for, and no table', () => {
  const pending = capture({ status: { phase: 'Pending', run: undefined, packets: undefined, targets: undefined, conditions: [{ type: 'Ready', status: 'False', reason: 'TargetNotFound', message: 'no pod "web-0"' }] } });
  expect(texts(pending, { columns: 80, rows: 24 })).toEqual(['packetcapture/web-resets  Pending', 'pod/web-0  filter: tcp port 8080', 'TargetNotFound: no pod "web-0"', '']);
});

test('what is discarded is named', () => {
  const lossy = capture({ status: { packets: { captured: 100, uploaded: 80, pending: 0, discarded: 20, lost: 20 }, bytes: { uploaded: 9000, pending: 0, discarded: 3000 } } });
  expect(texts(lossy, { columns: 80, rows: 24 }).at(-1)).toBe('uploaded 80 packets (9k), pending 0 packets (0), discarded 20 packets (3k)');
});

test('says where it is old', () => {
  expect(frame({ capture: capture(), history: NO_HISTORY, trouble: 'the API server does not answer' }, { time: 0, monotonic: 0 }, { columns: 80, rows: 24 }).at(-1)).toEqual({ text: 'the API server does not answer', style: 'bad' });
});

test('never has more lines than rows, and leaves the last column free, for any size', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 220 }), fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 60 }), fc.string({ unit: 'grapheme' }), fc.boolean(), (columns, rows, count, word, done) => {
      const of = done ? completeCapture() : many(count, { podName: word, reason: word });
      const lines = texts(of, { columns, rows });
      expect(lines.length).toBeLessThanOrEqual(rows);
      for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(Math.max(1, columns - 1));
    }),
  );
});

describe('hostile: terminal', () => {
  test('escapes, marks of direction and ends of lines out of the cluster → none reaches the picture', () => {
    const evil = '\u001B[2J\u001B]0;x\u0007\u202E\r\n\u009B1A\u2028';
    const of = capture({
      metadata: { name: 'web-resets' },
      spec: { filter: evil },
      status: { phase: evil, summary: { target: evil }, run: { id: evil, location: evil }, targets: [target(evil, { node: evil, state: evil, reason: evil })], conditions: [{ type: 'Ready', status: 'True', reason: evil, message: evil }] },
    });
    for (const line of texts(of, { columns: 200, rows: 30 })) expect(line).not.toMatch(/[\p{C}\u2028\u2029]/u);
  });
});
