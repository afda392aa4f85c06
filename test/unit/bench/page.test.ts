// docs/benchmarks.md says of each figure what was measured, on what, and each number; and which ones nobody has measured.
import { describe, expect, test } from '@jest/globals';
import { page } from '../../../hack/docs/benchmarks-page.js';
import { number, said } from '../../../hack/docs/benchmarks/numbers.js';
import { aComparison, aFigure } from './builders.js';

const rowsOf = (text: string, beginning: string): string[][] => text.split('\n').filter((line) => line.startsWith(beginning)).map((line) => line.split(' | ').map((cell) => cell.replaceAll(/^\| | \|$/g, '')));

test('a comparison is a line: medians, what they come to, limits, standing', () => {
  const text = page([aFigure({ comparisons: [aComparison({ limits: { must: 1.3, goal: 1.05 } })] })]);
  expect(rowsOf(text, '| [3]')).toEqual([['[3](#3-from-apply-to-a-packet)', 'a capture', '1.1 s', 'a pod', '1 s', '1.1 ×', '≤ 1.3 ×', '≤ 1.05 ×', 'as it must be']]);
});

test('a difference has its sign, a value none of theirs', () => {
  const comparisons = [aComparison({ id: 'd', ours: 'slow', as: 'difference', limits: { must: 1 } }), aComparison({ id: 'v', ours: 'alone', theirs: '', as: 'value', unit: 'MB', samples: { ours: [87.3], theirs: [] }, limits: { goal: 80 } })];
  const [difference, value] = rowsOf(page([aFigure({ comparisons })]), '| [3]');
  expect(difference?.slice(5)).toEqual(['+0.1 s', '≤ +1 s', '', 'as it must be']);
  expect(value?.slice(1)).toEqual(['alone', '87.3 MB', '', '', '87.3 MB', '', '≤ 80 MB', '**short of the goal**']);
});

test('a section has every number, its seed, commit and machine, and its note', () => {
  const text = page([aFigure({ comparisons: [aComparison({ note: 'mind the gap.' })] })]);
  expect(text).toContain('## 3. From apply to a packet\n\nOurs against theirs.\n\n- a capture: mind the gap.\n');
  expect(text).toContain('Measured on 2026-11-22 08:00 UTC at commit abc1234, seed `0badcafe`, 3 rounds in 42 s. 2 cores of a processor, 24 GiB, Linux 6.1; Node v20.20.2, tcpdump 4.99.3.');
  expect(text).toContain('| a capture | s | 1 · 1.2 · 1.1 | 1.1 |\n| a pod | s | 1 · 1 · 1 | 1 |');
  expect(text).toContain('`start.first-packet` (1.1 ×) 10 % more');
});

test('figures that nobody measured are named as such, in their place', () => {
  const numbers = (text: string): string[] => [...text.matchAll(/^\| \[?(\d+)\]?/gm)].map(([, figure = '']) => figure);
  const text = page([aFigure()]);
  expect(numbers(text)).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11']);
  expect(text.match(/not measured yet/g)).toHaveLength(10);
  expect(page([])).toContain('not measured yet');
});

test('figures of several machines say so at once, of one it is said once', () => {
  const other = { ...aFigure().machine, cores: 64 };
  expect(page([aFigure(), aFigure({ number: 4, machine: other })])).toContain('Measured on 2 cores of a processor, 24 GiB, Linux 6.1 (3); on 64 cores of a processor, 24 GiB, Linux 6.1 (4).');
  expect(page([aFigure(), aFigure({ number: 4 })])).toContain('Measured on 2 cores of a processor, 24 GiB, Linux 6.1. ');
});

test('what would end a cell does not', () => {
  const text = page([aFigure({ comparisons: [aComparison({ ours: 'a | b' })] })]);
  expect(text).toContain('| a \\| b |');
});

describe('a number', () => {
  test.each<[number, string]>([[0, '0'], [-0, '0'], [0.001234567, '0.001235'], [1.5, '1.5'], [12.3456, '12.35'], [999.95, '1,000'], [300000, '300,000'], [123456.7, '123,457'], [-0.25, '-0.25'], [Number.NaN, 'none']])('%d is %s', (value, text) => {
    expect(number(value)).toBe(text);
  });

  test('of a ratio has three digits that count', () => {
    expect([said(0.98765, aComparison()), said(12.345, aComparison())]).toEqual(['0.988 ×', '12.3 ×']);
  });
});
