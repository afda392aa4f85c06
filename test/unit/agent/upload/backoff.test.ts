import { expect, test } from '@jest/globals';
import { backoffMs } from '../../../../src/agent/upload/backoff.js';

test.each([
  [1, 0, 250],
  [1, 1, 500],
  [2, 1, 1000],
  [7, 1, 30_000],
  [7, 0, 15_000],
  [5000, 1, 30_000],
])('after %p failures, chance %p: %p ms', (failures, chance, ms) => {
  expect(backoffMs(failures, () => chance)).toBe(ms);
});

test('is no shorter than the store asked for, and no shorter because the store asked', () => {
  expect(backoffMs(1, () => 1, 7000)).toBe(7000);
  expect(backoffMs(7, () => 1, 1000)).toBe(30_000);
});
