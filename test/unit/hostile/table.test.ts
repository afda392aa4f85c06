import { describe, expect, test } from '@jest/globals';
import { casesOf, problemsOf, tableOf, type Kept } from '../../hostile/table.js';

const kept = (overrides: Partial<Kept> = {}): Kept => ({ project: 'unit', file: 'a.test.ts', titles: ['hostile: filter', '-w /tmp/x → refused before tcpdump sees it'], status: 'passed', ...overrides });

test('a case is its kind, its attack and what it shows, whatever stands between', () => {
  expect(casesOf([[kept({ titles: ['hostile: filter', 'options', '-w /tmp/x → refused → twice'] })]])).toEqual([{ kind: 'filter', attack: 'options, -w /tmp/x', shown: 'refused → twice', project: 'unit', verdict: 'passed' }]);
});

test('of a case that ran twice the later counts, and the same title in another file is another case', () => {
  const verdicts = casesOf([[kept({ status: 'failed' })], [kept(), kept({ file: 'b.test.ts', status: 'failed' })]]).map(({ verdict }) => verdict);
  expect(verdicts).toEqual(['passed', 'failed']);
});

test('the table shows what attacks a terminal, and does not do it', () => {
  const table = tableOf(casesOf([[kept({ titles: ['hostile: filter', '\u001b[31m\n\u202e → refused'] })]]));
  expect(table.split('\n')).toHaveLength(2);
  expect(table).toContain('\\u{1b}[31m\\u{a}\\u{202e}');
});

describe('the table is refused', () => {
  const problems = (...all: Kept[]): string[] => problemsOf(casesOf([all]), ['filter'], 1);

  test.each([
    ['not at all, where all is well', [kept()], []],
    ['where a case failed', [kept(), kept({ file: 'b', status: 'failed' })], [/failed/]],
    ['where a case was skipped', [kept(), kept({ file: 'b', status: 'pending' })], [/pending/]],
    ['where a title does not say what is shown', [kept({ titles: ['hostile: filter', '-w'] })], [/does not say/]],
    ['where a kind is not listed', [kept(), kept({ titles: ['hostile: filters', 'a → b'] })], [/filters: not a kind/]],
    ['where a kind has no case', [kept({ titles: ['hostile: pod', 'a → b'] })], [/pod: not a kind/, /filter: no case/]],
    ['where fewer ran than have to', [], [/filter: no case/, /0 cases passed: at least 1/]],
  ])('%s', (_when, all, expected) => {
    expect(problems(...all)).toEqual(expected.map((words) => expect.stringMatching(words)));
  });
});
