// What is kept of measurements, and which figures are measured.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import type { Figure } from '../../bench/framework/figure.js';
import { chosen, wishOf } from '../../bench/framework/measure.js';
import { committedOf, merged, readResults, writeResults } from '../../bench/framework/results.js';
import { aComparison, aFigure } from './builders.js';

const folder = mkdtempSync(join(tmpdir(), 'results-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('the results', () => {
  test('are read as they were written', () => {
    const results = { figures: [aFigure(), aFigure({ number: 4, comparisons: [] })] };
    writeResults(results, join(folder, 'x.json'));
    expect(readResults(join(folder, 'x.json'))).toEqual(results);
  });

  test('of a figure that is measured anew take the place of the older; the others stay, in order', () => {
    const before = { figures: [aFigure({ number: 1, seed: 'old' }), aFigure({ number: 3, seed: 'old' })] };
    const after = merged(before, [aFigure({ number: 3, seed: 'new' }), aFigure({ number: 2, seed: 'new' })]);
    expect(after.figures.map(({ number, seed }) => [number, seed])).toEqual([[1, 'old'], [2, 'new'], [3, 'new']]);
    expect(before.figures).toHaveLength(2);
  });

  test.each<[string, number[]]>([
    ['', [1, 3]],
    [' ', [1, 3]],
    ['3', [3]],
    ['2', []],
  ])('with which FIGURE=%p is compared have a figure that nobody measures any more only where all are wished for', (wished, numbers) => {
    const measured = wished.trim() === '' ? [{ number: 1 }] : [{ number: Number(wished) }];
    expect(committedOf({ figures: [aFigure({ number: 1 }), aFigure({ number: 3 })] }, measured, wished).map(({ number }) => number)).toEqual(numbers);
  });
});

describe('what is committed', () => {
  const { figures } = readResults('docs/benchmarks.json');
  const comparisons = figures.flatMap((figure) => figure.comparisons.map((comparison) => ({ ...comparison, figure })));

  test('says of each figure by whom it can be doubted: method, machine, commit, seed', () => {
    for (const { method, machine, commit, seed, rounds } of figures) {
      expect(method.length).toBeGreaterThan(100);
      expect([machine.cores > 0, machine.kernel, commit, seed]).toEqual([true, expect.stringMatching(/./), expect.stringMatching(/^[0-9a-f]{7,}\+?$/), expect.stringMatching(/./)]);
      expect(rounds).toBeGreaterThan(0);
    }
  });

  test('has each comparison once, with numbers and a margin', () => {
    expect(new Set(comparisons.map(({ id }) => id)).size).toBe(comparisons.length);
    for (const { samples, margin } of comparisons) {
      expect([...samples.ours, ...samples.theirs].every(Number.isFinite)).toBe(true);
      expect(samples.ours.length).toBeGreaterThan(0);
      expect(margin).toBeGreaterThanOrEqual(0);
    }
  });
});

describe('FIGURE', () => {
  const figure = (number: number, name: string): Figure => ({ number, name, title: '', method: '', measure: () => Promise.resolve([aComparison()]) });
  const all = [figure(1, 'flood'), figure(3, 'start'), figure(11, 'image')];
  const numbersOf = (wanted: string): number[] => chosen(all, wanted).map(({ number }) => number);

  test.each<[string, number[]]>([['', [1, 3, 11]], ['3', [3]], ['1', [1]], ['image', [11]], ['image,1', [1, 11]], [' start , ', [3]]])('%j chooses %j', (wanted, numbers) => {
    expect(numbersOf(wanted)).toEqual(numbers);
  });

  test('that names none says which there are', () => {
    expect(() => numbersOf('3,flod')).toThrow('FIGURE=3,flod: no figure flod; there are 1 flood, 3 start, 11 image');
  });
});

test('without ROUNDS and SEED there are five rounds and a seed of chance', () => {
  const [one, other] = [wishOf({}), wishOf({})];
  expect([one.rounds, one.figure]).toEqual([5, '']);
  expect(one.seed).not.toBe(other.seed);
  expect(wishOf({ FIGURE: '3', ROUNDS: '2', SEED: 'x' })).toEqual({ figure: '3', rounds: 2, seed: 'x' });
});

test.each(['0', '-1', '2.5', 'many'])('ROUNDS=%s is refused', (ROUNDS) => {
  expect(() => wishOf({ ROUNDS })).toThrow(`ROUNDS=${ROUNDS}: must be a whole number`);
});
