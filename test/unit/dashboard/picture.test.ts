// The picture in docs/dashboard.md: of every panel, of what is told there, with labels beside each other.
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { ticks, written } from '../../../hack/dashboard/axis.js';
import { ROWS } from '../../../hack/dashboard/panels.js';
import { lines, type Recording } from '../../../hack/dashboard/recording.js';

const recording = JSON.parse(readFileSync('hack/dashboard/recording.json', 'utf8')) as Recording;
const panels = ROWS.flatMap((row) => row.panels);

test('every panel was recorded, with a series at least, and nothing else was', () => {
  expect(Object.keys(recording.panels)).toEqual(panels.map(({ title }) => title));
  expect(panels.map(({ title }) => title).filter((title) => !recording.panels[title]?.some(({ values }) => values.length === recording.steps))).toEqual([]);
});

test('docs/dashboard.md says what happened, and when', () => {
  const page = readFileSync('docs/dashboard.md', 'utf8');
  const time = (seconds: number): string => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  expect(recording.scene.map(({ atSeconds, what }) => `| ${time(atSeconds)} | ${what} |`).filter((row) => !page.includes(row))).toEqual([]);
});

test.each([
  [0, 'none', '0'], [1500, 'none', '1.5 k'], [0.25, 'percentunit', '25 %'], [1536, 'bytes', '1.5 KiB'], [512, 'bytes', '512 B'], [2_500_000, 'Bps', '2.5 MB/s'], [300, 'pps', '300 p/s'], [0.004, 's', '4 ms'], [12, 's', '12 s'], [7.5, 'reqps', '7.5 req/s'],
] as const)('%d in %s is written %s', (value, unit, text) => {
  expect(written(value, unit)).toBe(text);
});

test.each([
  [0, 'none', [0, 1]], [3, 'none', [0, 1, 2, 3]], [37, 'pps', [0, 10, 20, 30, 40]], [5 * 2 ** 20, 'bytes', [0, 2, 4, 6].map((n) => n * 2 ** 20)], [1, 'percentunit', [0, 0.5, 1]],
] as const)('an axis up to %d in %s', (most, unit, expected) => {
  expect(ticks(most, unit)).toEqual(expected);
});

test('a series has a value or a hole at each step, and its name out of its labels', () => {
  const panel = { title: 'p', description: '', kind: 'lines', unit: 'none', width: 1, queries: [{ expr: 'x', legend: 'of {{node}}' }] } as const;
  expect(lines(panel, [[{ metric: { node: 'n' }, points: [[105, 1.23456], [110, Number.NaN]] }]], { startSeconds: 100, stepSeconds: 5, steps: 4 })).toEqual([{ name: 'of n', values: [null, 1.235, null, null] }]);
});
