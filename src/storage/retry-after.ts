// The Retry-After header: how long a store asks to be left alone.

/** A store cannot silence an agent for longer than this. */
export const RETRY_AFTER_MAX_MS = 60_000;

/** Milliseconds of a Retry-After header (seconds, or an HTTP date), bounded; undefined where it is absent or says nothing. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  return Number.isFinite(ms) && ms > 0 ? Math.min(ms, RETRY_AFTER_MAX_MS) : undefined;
}
