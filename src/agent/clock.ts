// Time as a parameter.
import { readFileSync } from 'node:fs';

export interface Clock {
  /** Wall clock, ms since the epoch: for what people and other machines read. */
  now(): number;
  /** Never jumps, ms since an arbitrary moment, the same one for all processes of a boot: for durations. */
  monotonic(): number;
  /** Which boot of the node `monotonic` counts in; absent where nobody knows. */
  readonly bootID?: string;
}

/** A moment from which another process can measure: exactly on the same boot, whatever the wall clock is set to; by the wall clock on another. */
export interface Moment {
  /** Wall clock, ms since the epoch. */
  timeMs: number;
  bootID?: string;
  monotonicMs?: number;
}

export const momentOf = (clock: Clock): Moment => ({ timeMs: clock.now(), ...(clock.bootID !== undefined && { bootID: clock.bootID, monotonicMs: clock.monotonic() }) });

/** The moment among an event's fields. */
export const momentIn = ({ timeMs, bootID, monotonicMs }: Moment): Moment => ({ timeMs, ...(bootID !== undefined && { bootID }), ...(monotonicMs !== undefined && { monotonicMs }) });

export function msBetween(from: Moment, to: Moment): number {
  if (from.bootID !== undefined && from.bootID === to.bootID && from.monotonicMs !== undefined && to.monotonicMs !== undefined) return to.monotonicMs - from.monotonicMs;
  return to.timeMs - from.timeMs;
}

// CLOCK_MONOTONIC itself: performance.now() counts from the start of this process.
export const systemClock: Clock = { now: () => Date.now(), monotonic: () => Number(process.hrtime.bigint()) / 1e6, ...bootID() };

function bootID(): { bootID?: string } {
  try {
    return { bootID: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim() };
  } catch {
    return {};
  }
}

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
