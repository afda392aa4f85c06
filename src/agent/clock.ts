// Time as a parameter.
import { performance } from 'node:perf_hooks';

export interface Clock {
  /** Wall clock, ms since the epoch: for what people and other machines read. */
  now(): number;
  /** Never jumps, ms since an arbitrary moment: for durations. */
  monotonic(): number;
}

export const systemClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() };

/** Resolves after `delayMs`, or as soon as the signal is aborted. */
export function pause(delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, delayMs);
    signal?.addEventListener('abort', done, { once: true });
  });
}

/** RFC 3339 with microseconds, which pcap records have: `2026-11-20T03:05:12.000123Z`. */
export function microTime(us: number): string {
  const ms = Math.floor(us / 1000);
  return new Date(ms).toISOString().replace('Z', `${String(us - ms * 1000).padStart(3, '0')}Z`);
}
