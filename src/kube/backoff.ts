// How long to wait before the next try: exponential, capped, with jitter, so that many clients do not return together.
import type { Random } from './clock.js';

export interface BackoffLimits {
  initialMs: number;
  maxMs: number;
}

/** Delay after `failures` failures in a row (from 0): between half of initialMs × 2^failures and all of it, never above maxMs. */
export function backoffMs({ initialMs, maxMs }: BackoffLimits, failures: number, random: Random): number {
  const fullMs = Math.min(maxMs, initialMs * 2 ** failures);
  return fullMs / 2 + (random() * fullMs) / 2;
}
