import { expect, test } from '@jest/globals';
import { ERROR_REASON, errorFromNetwork, KubeError } from '../../../src/kube/errors.js';
import { retryDelayMs } from '../../../src/kube/retry.js';
import { anError } from './builders.js';

const timedOut = new KubeError({ status: 0, reason: ERROR_REASON.timeout, message: 'no answer' });
const aborted = new KubeError({ status: 0, reason: ERROR_REASON.aborted, message: 'given up' });
const network = errorFromNetwork(new Error('ECONNRESET'));

test.each([
  ['429', anError(429), true, true],
  ['500', anError(500), true, false],
  ['503', anError(503), true, false],
  ['501', anError(501), false, false],
  ['404', anError(404), false, false],
  ['409', anError(409), false, false],
  ['no connection', network, true, false],
  ['no answer in time', timedOut, false, false],
  ['given up by the caller', aborted, false, false],
])('%s', (_, error, readIsRetried, writeIsRetried) => {
  const retried = (isRead: boolean): boolean => retryDelayMs(error, { isRead, tries: 1 }, () => 1) !== undefined;
  expect([retried(true), retried(false)]).toEqual([readIsRetried, writeIsRetried]);
});

test('waits longer each time, and four tries are enough', () => {
  const delays = [1, 2, 3, 4].map((tries) => retryDelayMs(network, { isRead: true, tries }, () => 1));
  expect(delays).toEqual([250, 500, 1000, undefined]);
});

test.each([[2, 2250], [3600, 10_250]])('a Retry-After of %d s is heeded within limits: %d ms', (retryAfterSeconds, ms) => {
  expect(retryDelayMs(anError(429, { retryAfterSeconds }), { isRead: false, tries: 1 }, () => 1)).toBe(ms);
});
