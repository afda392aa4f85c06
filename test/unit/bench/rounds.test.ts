// How benchmarks measure in turn, and what they make of many numbers.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fieldOf, inTurn, median, percentile } from '../../bench/framework/rounds.js';

const values = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 50 });

describe('in turn', () => {
  const measured = async (names: string[], rounds: number): Promise<{ order: string[]; samples: Record<string, number[]> }> => {
    const order: string[] = [];
    const measures = Object.fromEntries(names.map((name) => [name, (round: number): Promise<number> => { order.push(name); return Promise.resolve(round); }]));
    return { order, samples: await inTurn({ seed: 's', rounds, say: () => undefined }, measures) };
  };

  test('two take turns, and each is first as often as the other', async () => {
    const { order, samples } = await measured(['ours', 'theirs'], 4);
    expect(order).toEqual(['ours', 'theirs', 'theirs', 'ours', 'ours', 'theirs', 'theirs', 'ours']);
    expect(samples).toEqual({ ours: [0, 1, 2, 3], theirs: [0, 1, 2, 3] });
  });

  test('of many, each is measured once a round, and another is first in the next', async () => {
    await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 7 }), async (many, rounds) => {
      const names = Array.from({ length: many }, (_, index) => `n${index}`);
      const { order } = await measured(names, rounds);
      const perRound = Array.from({ length: rounds }, (_, round) => order.slice(round * many, (round + 1) * many));
      expect(perRound.map((one) => one.toSorted())).toEqual(perRound.map(() => names));
      expect(perRound.map(([first]) => first)).toEqual(perRound.map((_, round) => names[round % many]));
    }));
  });

  test('what is measured together stays together, and each of it can be had by itself', async () => {
    const measure = (sign: number) => (round: number) => Promise.resolve({ percent: sign * round, perSecond: sign * 10 * round });
    const samples = await inTurn({ seed: 's', rounds: 3, say: () => undefined }, { ours: measure(1), theirs: measure(-1) });
    expect(samples.ours).toEqual([{ percent: 0, perSecond: 0 }, { percent: 1, perSecond: 10 }, { percent: 2, perSecond: 20 }]);
    expect(fieldOf(samples, 'perSecond')).toEqual({ ours: [0, 10, 20], theirs: [-0, -10, -20] });
  });

  test('what cannot be measured ends it', async () => {
    await expect(inTurn({ seed: 's', rounds: 2, say: () => undefined }, { ours: () => Promise.reject(new Error('no tcpdump')) })).rejects.toThrow('no tcpdump');
  });
});

describe('the median', () => {
  test.each<[number[], number]>([[[3], 3], [[3, 1, 2], 2], [[4, 1, 3, 2], 2], [[10, 9], 9], [[-1, -5, 0], -1]])('of %j is %d', (of, is) => {
    expect(median(of)).toBe(is);
  });

  test('is one that was measured, with no more than half of them on either side; whatever their order, which it leaves', () => {
    fc.assert(fc.property(values, (all) => {
      const before = [...all];
      const middle = median(all);
      expect(all).toEqual(before);
      expect(all).toContain(middle);
      expect(all.filter((value) => value < middle).length).toBeLessThanOrEqual(all.length / 2);
      expect(all.filter((value) => value > middle).length).toBeLessThanOrEqual(all.length / 2);
      expect(median([...all].reverse())).toBe(middle);
    }));
  });

  test('of nothing is no number', () => {
    expect(median([])).toBeNaN();
  });
});

describe('a percentile', () => {
  test.each<[number, number]>([[0, 1], [0.01, 1], [0.5, 50], [0.95, 95], [0.99, 99], [1, 100]])('%d of 1 to 100 is %d', (share, is) => {
    expect(percentile(Array.from({ length: 100 }, (_, index) => 100 - index), share)).toBe(is);
  });

  test('is one that was measured, and never less for more of them', () => {
    fc.assert(fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }), (all, one, other) => {
      expect(all).toContain(percentile(all, one));
      expect(percentile(all, Math.max(one, other))).toBeGreaterThanOrEqual(percentile(all, Math.min(one, other)));
    }));
  });
});
