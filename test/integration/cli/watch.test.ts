// `watch` on a terminal: the bundled plugin against a real API server, in tmux, at several widths and after they changed.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { PacketCaptureStatus } from '../../../src/api/packetcapture-status.js';
import { pluginFile } from '../../e2e/support/plugin.js';
import { CAPTURING, capture, COMPLETE, completeCapture, conditions, target } from '../../unit/cli/captures.js';
import { openTerminal, type Terminal } from './tmux.js';
import { NAMESPACE, startToldCaptures, type ToldCaptures } from './told-captures.js';

const LONG = 'a-deployment-with-quite-a-long-name-for-its-pods-7d4f9c6b8f';
/** What a tenant's words may hold: an erased screen, another title, a cursor that moves. */
const EVIL = '\u001B[2J\u001B]0;owned\u0007\u001B[5A evil \u202E 写真';

let told: ToldCaptures;
let terminal: Terminal;
let name: string;
let tests = 0;

beforeAll(async () => {
  pluginFile();
  told = await startToldCaptures();
}, 120_000);
afterAll(() => told.stop(), 30_000);

beforeEach(async () => {
  name = `web-${++tests}`;
  await told.create(name, { duration: '1h' });
});
afterEach(() => terminal.close());

/** Half of the hour is over. */
const capturing = (pods: number): Partial<PacketCaptureStatus> => ({
  ...capture().status,
  run: { ...capture().status?.run, captureStartTime: new Date(Date.now() - 1_800_000).toISOString() },
  targets: Array.from({ length: pods }, (_, index) => target(`${LONG}-pod${index}`)),
  conditions: conditions({ ...CAPTURING, Ready: ['True', 'Capturing', EVIL] }),
});

async function watch(size: { columns: number; rows: number }, env: Record<string, string> = {}): Promise<void> {
  terminal = await openTerminal({ ...size, env: { KUBECONFIG: told.apiServer.kubeconfigPath, ...env } });
  await terminal.type('echo what stood there before');
  await terminal.shows('the echo', (rows) => rows.filter((row) => row === 'what stood there before').length === 1);
  await terminal.type(`${process.execPath} ${pluginFile()} watch ${name} -n ${NAMESPACE}; echo code=$?`);
}

const BAR = /^\[(#+)(\.+)\] {2}(29m\d\ds|30m00s) left of 1h$/;
const bars = (rows: string[]): string[] => rows.filter((row) => BAR.test(row));

/** Nothing is wrapped, nothing is left over, and one bar is about half full. */
async function expectWhole(rows: string[], columns: number): Promise<void> {
  expect(await terminal.seen({ joined: true })).toHaveLength(rows.length);
  for (const row of rows) expect([...row].length).toBeLessThan(columns);
  expect(rows[0]).toBe(`packetcapture/${name} run 20261120T030512Z-1a2b3c  Capturing`);
  for (const once of [/^POD /, /^\d+ targets? /, /^uploaded /]) expect(rows.filter((row) => once.test(row))).toHaveLength(1);
  expect(rows.at(-1)).toBe('uploaded 80 packets (9k), pending 20 packets (3k)');
  const [, done = '', left = ''] = BAR.exec(bars(rows)[0] ?? '') ?? [];
  expect(bars(rows)).toHaveLength(1);
  expect(Math.abs(done.length - left.length)).toBeLessThanOrEqual(2);
}

test('is whole at 80 columns, at 200, and small; and at its end the terminal is as it was', async () => {
  await told.tell(name, capturing(3));
  await watch({ columns: 80, rows: 24 });

  const narrow = await terminal.shows('three targets at 80 columns', (rows) => bars(rows).length === 1 && rows.some((row) => row.startsWith('3 targets')));
  await expectWhole(narrow, 80);
  expect(narrow.filter((row) => /^a-\S+…\S+pod\d {2}/.test(row))).toHaveLength(3);
  expect(await terminal.isAlternate()).toBe(true);
  expect(await terminal.hasCursor()).toBe(false);

  await terminal.resize(200, 50);
  const wide = await terminal.shows('whole names at 200 columns', (rows) => rows.filter((row) => row.includes(`${LONG}-pod`)).length === 3);
  await expectWhole(wide, 200);
  expect(bars(wide)[0]?.length).toBeGreaterThan(bars(narrow)[0]?.length ?? 0);

  await told.tell(name, capturing(20));
  await terminal.shows('twenty targets', (rows) => rows.some((row) => row.startsWith('20 targets')));
  await terminal.resize(60, 14);
  const small = await terminal.shows('as many as there is room for', (rows) => rows.includes('… and 15 more') && rows.every((row) => row.length < 60));
  expect(small).toHaveLength(14);
  await expectWhole(small, 60);

  await terminal.resize(120, 40);
  await terminal.shows('all columns', (rows) => rows.some((row) => /^POD .* FILES .* B\/S$/.test(row)));
  await told.tell(name, { ...completeCapture({ ...COMPLETE, LossDetected: ['True', 'DroppedByKernel', 'at most 7 packets dropped'] }).status, targets: [target('web-0', { state: 'Ended', stopReason: 'Duration', packets: { captured: 100, uploaded: 100, lost: 7 } })] });
  const end = await terminal.shows('the exit code', (rows) => rows.includes('code=3'));
  expect(await terminal.isAlternate()).toBe(false);
  expect(await terminal.hasCursor()).toBe(true);
  expect(end).toContain('what stood there before');
  expect(end.filter((row) => row.startsWith('POD '))).toHaveLength(1);
  expect(end).toContainEqual(expect.stringMatching(/^web-0 +node-a +Ended \(Duration\) +100 +7 /));
  // The sentence is for a log too, and wraps as it likes.
  expect(end.join('')).toContain('is complete: 100 packets in 4 files (12k) in s3://captures/shop/web-resets/20261120T030512Z-1a2b3c; packets were lost: DroppedByKernel: at most 7 packets dropped');
  expect(end.at(-1)).toBe('>');
}, 90_000);

test('Ctrl-C leaves the last picture and gives the terminal back', async () => {
  await told.tell(name, capturing(3));
  await watch({ columns: 100, rows: 30 }, { NO_COLOR: '1' });
  await terminal.shows('the bar', (rows) => bars(rows).length === 1);
  expect(await terminal.colours()).not.toContain('\u001B');
  await terminal.press('C-c');
  const left = await terminal.shows('the exit code', (rows) => rows.includes('code=130'));
  expect(left).toContain('what stood there before');
  expect(bars(left)).toHaveLength(1);
  expect(left.at(-1)).toBe('>');
  expect(await terminal.hasCursor()).toBe(true);
  // What is typed is seen, and on lines of its own.
  await terminal.type('echo still here');
  expect((await terminal.shows('the shell answers', (rows) => rows.includes('still here'))).at(-1)).toBe('>');
}, 60_000);

test('colours are used where nobody minds', async () => {
  await told.tell(name, capturing(1));
  await watch({ columns: 100, rows: 30 });
  await terminal.shows('the bar', (rows) => bars(rows).length === 1);
  expect(await terminal.colours()).toContain('\u001B[32m[###');
  await terminal.press('C-c');
  await terminal.shows('the exit code', (rows) => rows.includes('code=130'));
}, 60_000);

test('a terminal that can only print gets plain lines', async () => {
  await told.tell(name, capturing(1));
  await watch({ columns: 200, rows: 30 }, { TERM: 'dumb' });
  await terminal.shows('the first line', (rows) => rows.some((row) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ Capturing: /.test(row)));
  expect(await terminal.isAlternate()).toBe(false);
  await told.tell(name, completeCapture().status as PacketCaptureStatus);
  const rows = await terminal.shows('the exit code', (lines) => lines.includes('code=0'));
  expect(rows.join('')).toContain('; nothing was lost');
}, 60_000);

describe('hostile: terminal', () => {
  test('escapes in the words of a status → they act on no terminal', async () => {
    await told.tell(name, { ...capturing(2), targets: [target('web-0', { state: EVIL, reason: EVIL }), target(`${EVIL}-1`)] });
    await watch({ columns: 200, rows: 30 });
    const rows = await terminal.shows('two targets', (lines) => lines.some((line) => line.startsWith('2 targets')));
    await expectWhole(rows, 200);
    expect(rows[2]).toContain('\\u{1b}[2J\\u{1b}]0;owned\\u{7}\\u{1b}[5A evil \\u{202e} 写真');
    await terminal.press('C-c');
    expect(await terminal.shows('the exit code', (lines) => lines.includes('code=130'))).toContain('what stood there before');
  }, 60_000);
});
