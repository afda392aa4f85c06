import { expect, test } from '@jest/globals';
import { retryAfterMs } from '../../../src/storage/retry-after.js';

const now = Date.parse('2026-11-20T03:05:00Z');

test.each([
  [undefined, undefined],
  ['7', 7000],
  [' 7 ', 7000],
  ['0', undefined],
  ['-5', undefined],
  ['3600', 60_000],
  ['99999999999999999999', undefined],
  ['Fri, 20 Nov 2026 03:05:10 GMT', 10_000],
  ['Fri, 20 Nov 2026 05:05:10 GMT', 60_000],
  ['Fri, 20 Nov 2026 03:04:00 GMT', undefined],
  ['soon', undefined],
  ['', undefined],
])('Retry-After %p means %p ms', (header, ms) => {
  expect(retryAfterMs(header, now)).toBe(ms);
});
