// The regression check finds what became worse than its margin allows, what is not what it must be, and what is gone.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compared } from '../../bench/framework/compare.js';
import { fails, judge, worstAllowed, type Finding, type Judged } from '../../bench/framework/check.js';
import type { Comparison } from '../../bench/framework/figure.js';
import { aComparison, aFigure } from './builders.js';

const withValue = (value: number, overrides: Partial<Comparison> = {}): Comparison => aComparison({ samples: { ours: [value], theirs: [1] }, ...overrides });
const judgedOf = (before: Comparison[], now: Comparison[]): Judged[] => judge([aFigure({ comparisons: before })], [aFigure({ comparisons: now })]);
const findings = (before: Comparison[], now: Comparison[]): Record<string, Finding> => Object.fromEntries(judgedOf(before, now).map(({ id, finding }) => [id, finding]));

describe('a margin', () => {
  test.each<[Comparison['as'], Comparison['better'], number]>([
    ['ratio', 'less', 2.2],
    ['ratio', 'more', 1.8],
    ['value', 'less', 2.2],
    ['value', 'more', 1.8],
    // 2 ÷ 1 and 2 alone are 2; 2 − 1 is 1.
    ['difference', 'less', 1.1],
    ['difference', 'more', 0.9],
  ])('of a %s of which %s is better lets it come to %d', (as, better, worst) => {
    expect(worstAllowed(withValue(2, { as, better, margin: 0.1 }))).toBeCloseTo(worst, 10);
  });

  test('of a difference below zero is in its unit too', () => {
    expect(worstAllowed(withValue(0.5, { as: 'difference', better: 'less', margin: 0.2 }))).toBeCloseTo(-0.3, 10);
  });

  test('never makes the committed value itself a regression, nor a better one', () => {
    const number = fc.double({ min: 0.001, max: 1000, noNaN: true });
    fc.assert(fc.property(number, number, fc.constantFrom<Comparison['as']>('ratio', 'difference', 'value'), fc.constantFrom<Comparison['better']>('more', 'less'), fc.double({ min: 0, max: 2, noNaN: true }), (value, step, as, better, margin) => {
      const committed = withValue(value, { as, better, margin });
      const improved = withValue(better === 'more' ? value + step : Math.max(0, value - step), { as, better, margin });
      expect([committed, improved].map((now) => judgedOf([committed], [now])[0]?.finding)).toEqual(['held', 'held']);
    }));
  });

  test('is a regression beyond it, and only beyond', () => {
    fc.assert(fc.property(fc.double({ min: 0.1, max: 10, noNaN: true }), fc.double({ min: 0.01, max: 1, noNaN: true }), fc.constantFrom<Comparison['better']>('more', 'less'), (value, margin, better) => {
      const committed = withValue(value, { better, margin });
      const away = better === 'more' ? -1 : 1;
      const at = (part: number): Finding | undefined => judgedOf([committed], [withValue(value * (1 + away * margin * part), { better, margin })])[0]?.finding;
      expect([at(0.99), at(1.01)]).toEqual(['held', 'regressed']);
    }));
  });
});

describe('each comparison is', () => {
  test('held within its margin, also when the margin of now is another', () => {
    expect(findings([withValue(1, { margin: 0.1 })], [withValue(1.05, { margin: 0 })])).toEqual({ 'start.first-packet': 'held' });
  });

  test('gone, new and regressed, each by its id', () => {
    const before = [withValue(1, { id: 'a' }), withValue(1, { id: 'b' })];
    const now = [withValue(2, { id: 'b' }), withValue(1, { id: 'c' })];
    expect(findings(before, now)).toEqual({ a: 'gone', b: 'regressed', c: 'new' });
  });

  test('missed where it is not what it must be, also a new one, and however little worse than before', () => {
    const limits = { must: 1.3 };
    expect(findings([withValue(1.3, { limits })], [withValue(1.31, { limits }), withValue(2, { id: 'new', limits })])).toEqual({ 'start.first-packet': 'missed', new: 'missed' });
  });

  test('regressed where there is no number, whatever is better', () => {
    for (const better of ['more', 'less'] as const) expect(findings([withValue(1, { better })], [withValue(1, { better, samples: { ours: [], theirs: [1] } })])).toEqual({ 'start.first-packet': 'regressed' });
  });

  test('told with what it was, what it is and what it might be', () => {
    expect(judgedOf([withValue(2)], [withValue(2.1)])).toMatchObject([{ id: 'start.first-packet', before: 2, now: 2.1, allowed: 2.2 }]);
  });
});

test('a regression, a miss and a loss fail; what held and what is new does not', () => {
  const failing = (['held', 'new', 'regressed', 'missed', 'gone'] as const).filter((finding) => fails({ id: 'x', finding, comparison: aComparison() }));
  expect(failing).toEqual(['regressed', 'missed', 'gone']);
});

test('the value that is compared is that of the table', () => {
  const comparison = aComparison();
  expect(judgedOf([comparison], [comparison])[0]?.now).toBe(compared(comparison));
});
