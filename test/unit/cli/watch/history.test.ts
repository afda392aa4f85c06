import { describe, expect, test } from '@jest/globals';
import { NO_HISTORY, rateOf, withSeen, type History } from '../../../../src/cli/watch/history.js';
import { capture, target } from '../captures.js';

/** Statuses with so many packets of 100 bytes at these moments, s. */
const seen = (...moments: [second: number, packets: number][]): History =>
  moments.reduce((history, [second, packets]) => {
    const ledger = { packets: { captured: packets }, bytes: { captured: packets * 100 } };
    return withSeen(history, capture({ status: { ...ledger, targets: [target('web-0', ledger)] } }), second * 1000);
  }, NO_HISTORY);

describe('the pace', () => {
  test('is that between the last two statuses', () => {
    expect(rateOf(seen([0, 0], [2, 100], [4, 300]).all, 4000)).toEqual({ packets: 100, bytes: 10_000 });
    expect(rateOf(seen([0, 0], [10, 100]).targets['web-0_0a1b2c3d'] ?? [], 12_000)).toEqual({ packets: 10, bytes: 1000 });
  });

  test('is not told from two that came at once', () => {
    expect(rateOf(seen([0, 0]).all, 100)).toBeUndefined();
    expect(rateOf(seen([0, 0], [0.1, 100]).all, 100)).toBeUndefined();
    expect(rateOf(seen([0, 0], [2, 100], [2.1, 110]).all, 2100)?.packets).toBeCloseTo(110 / 2.1);
  });

  test('ends when nothing new comes for long', () => {
    const history = seen([0, 0], [10, 100]);
    expect(rateOf(history.all, 20_000)?.packets).toBe(10);
    expect(rateOf(history.all, 30_000)?.packets).toBe(0);
  });

  test('is of one run: the next begins anew', () => {
    const next = withSeen(seen([0, 0], [2, 100]), capture({ status: { run: { id: 'another' }, packets: { captured: 5 }, bytes: { captured: 5 } } }), 4000);
    expect(next.all).toHaveLength(1);
  });

  test('is never less than none, whatever an agent that lost its state says', () => expect(rateOf(seen([0, 100], [2, 10]).all, 2000)?.packets).toBe(0));
});

test('a capture that is watched for a day is remembered for half a minute', () => {
  let history = NO_HISTORY;
  for (let second = 0; second < 86_400; second += 10) history = withSeen(history, capture({ status: { packets: { captured: second }, bytes: { captured: 0 } } }), second * 1000);
  expect(history.all.length).toBeLessThan(10);
  expect(rateOf(history.all, 86_390_000)?.packets).toBe(1);
});
