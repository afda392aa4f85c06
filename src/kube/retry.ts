// Which failed call is tried again, and when: reads where that may help, writes only where the server has done nothing.
import { backoffMs } from './backoff.js';
import type { Random } from './clock.js';
import { ERROR_REASON, isTooManyRequests, type KubeError } from './errors.js';

export const MAX_TRIES = 4;
const LIMITS = { initialMs: 250, maxMs: 5000 };
/** A server may ask for any time; a reconcile that waits longer than this blocks a worker for nothing. */
const MAX_RETRY_AFTER_MS = 10_000;
const NOT_WORTH_IT = new Set([501, 505]);

/** ms to wait before the next try, undefined where there is none. `tries` counts those made. */
export function retryDelayMs(error: KubeError, call: { isRead: boolean; tries: number }, random: Random): number | undefined {
  if (call.tries >= MAX_TRIES || !mayRetry(error, call.isRead)) return undefined;
  const delayMs = backoffMs(LIMITS, call.tries - 1, random);
  return error.retryAfterSeconds === undefined ? delayMs : Math.min(MAX_RETRY_AFTER_MS, error.retryAfterSeconds * 1000) + delayMs;
}

function mayRetry(error: KubeError, isRead: boolean): boolean {
  // Priority and fairness, and max-inflight, answer 429 before the request is handled.
  if (isTooManyRequests(error)) return true;
  return isRead && (error.reason === ERROR_REASON.network || (error.status >= 500 && !NOT_WORTH_IT.has(error.status)));
}
