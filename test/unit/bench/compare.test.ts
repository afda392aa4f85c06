// What a comparison comes to, and how it stands to what must be and to what was aimed at.
import { describe, expect, test } from '@jest/globals';
import { compared, standing, type Standing } from '../../bench/framework/compare.js';
import type { Comparison } from '../../bench/framework/figure.js';
import { aComparison } from './builders.js';

test.each<[Comparison['as'], number]>([['ratio', 2], ['difference', 3], ['value', 6]])('a %s is of the medians', (as, is) => {
  expect(compared(aComparison({ as, samples: { ours: [100, 6, 5], theirs: [3, 0, 90] } }))).toBe(is);
});

test('a value needs none of theirs', () => {
  expect(compared(aComparison({ as: 'value', samples: { ours: [7], theirs: [] } }))).toBe(7);
});

describe('a comparison', () => {
  test.each<[Comparison['better'], number, Comparison['limits'], Standing]>([
    ['less', 80, { must: 150, goal: 100 }, 'goal'],
    ['less', 100, { must: 150, goal: 100 }, 'goal'],
    ['less', 120, { must: 150, goal: 100 }, 'within'],
    ['less', 150, { must: 150, goal: 100 }, 'within'],
    ['less', 151, { must: 150, goal: 100 }, 'missed'],
    ['less', 120, { must: 150 }, 'within'],
    ['less', 120, { goal: 100 }, 'short'],
    ['less', 90, { goal: 100 }, 'goal'],
    ['less', 90, {}, 'shown'],
    ['more', 0.99, { must: 0.98, goal: 0.995 }, 'within'],
    ['more', 0.97, { must: 0.98, goal: 0.995 }, 'missed'],
    ['more', 0.999, { must: 0.98, goal: 0.995 }, 'goal'],
    ['more', 1.4, { goal: 1.5 }, 'short'],
    ['less', Number.NaN, { must: 150, goal: 100 }, 'missed'],
    ['more', Number.NaN, { must: 0.98 }, 'missed'],
  ])('of which %s is better is, at %d with %j, %s', (better, value, limits, is) => {
    expect(standing(aComparison({ as: 'value', samples: { ours: [value], theirs: [] }, better, limits }))).toBe(is);
  });
});
