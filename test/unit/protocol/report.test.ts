import { describe, expect, test } from '@jest/globals';
import { emptyLedger } from '../../../src/protocol/ledger.js';
import { lastReport, parseReport, REPORT_TAG } from '../../../src/protocol/report.js';

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
    expect(lastReport(lines.join('\n'), 'r', 'p')?.number).toBe(number);
  });

  test('is nothing where nobody reported', () => {
    expect(lastReport('{"level":30}\n', 'r', 'p')).toBeUndefined();
    expect(parseReport('')).toBeUndefined();
  });
});
