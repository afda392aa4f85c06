// What an operator makes of the lines of an agent's log: the newest report, with what earlier ones said of what it has no room for.
import { describe, expect, test } from '@jest/globals';
import { emptyLedger } from '../../../src/protocol/ledger.js';
import { heard, together } from '../../../src/protocol/heard.js';
import { parseReport, REPORT_TAG, type Report } from '../../../src/protocol/report.js';

const line = (overrides: object = {}): string =>
  JSON.stringify({ report: REPORT_TAG, version: 1, runID: 'r', node: 'n', podUID: 'p', attempt: 1, number: 1, time: 't', spool: 's', phase: 'Capturing', ledger: emptyLedger(), gaps: { count: 0, seconds: 0 }, done: false, ...overrides });

describe('the newest report of a tail', () => {
  test.each([
    ['is the one with the highest number', [line({ number: 2 }), line({ number: 3 }), line({ number: 1 })], 3],
    ['is found among logs', ['{"level":30,"msg":"hello"}', line({ number: 4 }), 'plain text'], 4],
    ['is the last whole one where the last is torn', [line({ number: 5 }), line({ number: 6 }).slice(0, 80)], 5],
    ['is of a later attempt, whatever its number', [line({ number: 9 }), line({ attempt: 2, number: 1 })], 1],
    ['is not of another run', [line({ number: 7 }), line({ number: 8, runID: 'other' })], 7],
    ['is not of another pod', [line({ number: 7 }), line({ number: 8, podUID: 'other' })], 7],
    ['tolerates fields of a newer agent', [line({ number: 10, future: { x: 1 } })], 10],
    ['is never a line that lacks a number', [line({ number: 1 }), line({ number: undefined })], 1],
    ['is never a negative count', [line({ number: 1 }), line({ number: 2, ledger: { ...emptyLedger(), packets: { captured: -1 } } })], 1],
  ])('%s', (_what, lines, number) => {
    expect(heard(lines.join('\n'), 'r', 'p')?.number).toBe(number);
  });

  test('is nothing where nobody reported', () => {
    expect(heard('{"level":30}\n', 'r', 'p')).toBeUndefined();
    expect(parseReport('')).toBeUndefined();
  });
});

describe('reports together', () => {
  const target = (name: string, state: string): object => ({ name, state, ledger: emptyLedger() });
  const report = (number: number, over: object = {}): Report => parseReport(line({ number, ...over })) as Report;
  const states = ({ targets }: Report): string[] => targets.map(({ name, state }) => `${name} ${state}`);

  test('say of each target what was said last, in whichever order they are heard', () => {
    const [a, b, c] = [report(1, { targets: [target('x', 'Pending'), target('y', 'Pending')] }), report(2, { targets: [target('x', 'Capturing')] }), report(3, { targets: [target('z', 'Pending')] })];
    for (const order of [[a, b, c], [c, b, a], [b, a, c], [c, a, b]]) {
      const all = order.reduce(together);
      expect([all.number, states(all).sort()]).toEqual([3, ['x Capturing', 'y Pending', 'z Pending']]);
    }
  });

  test('are told apart by their spool: a new one says nothing of what the former one counted', () => {
    const all = together(report(1, { targets: [target('x', 'Capturing')] }), report(2, { spool: 'another', targets: [] }));
    expect(all.targets).toEqual([]);
  });

  test('keep the files and snapshots that a termination message has no room for', () => {
    const file = { key: 'k', target: 'x', size: 1, sha256: 'a', packets: 1 };
    const snapshot = { token: 's', time: '2026-11-20T03:05:12Z', packets: { captured: 1, uploaded: 1, pending: 0, discarded: 0 } };
    const full = report(4, { recentFiles: [file], snapshots: [snapshot] });
    for (const all of [together(full, report(4)), together(report(4), full), together(full, report(5))]) expect(all).toMatchObject({ recentFiles: [file], snapshots: [snapshot] });
  });

  test("keep the newest word on the agent's own work", () => {
    const work = (process: string) => ({ process, uploads: { counts: [1], seconds: 1, errors: {} }, spool: { usedBytes: 1, maxBytes: 2 } });
    const [old, silent, next] = [report(1, { work: work('a') }), report(2), report(3, { work: work('b') })];
    expect([together(old, silent), together(old, next), together(next, silent)].map((r) => r.work?.process)).toEqual(['a', 'b', 'b']);
    expect(parseReport(JSON.stringify(silent))).not.toHaveProperty('work');
  });
});
