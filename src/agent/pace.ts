// How soon the agent looks at its files again.

/** No disk and no kernel buffer fills faster than this, as far as was seen (420 MB/s at 300 kpps). */
const FASTEST_BYTES_PER_MS = 420_000;
const SOONEST_MS = 10;
const CAPTURING_MS = 100;
const DRAINING_MS = 500;

/** While tcpdump writes: before it could fill what is free of the spool, and ten times a second at least. */
export const nextLookMs = (capturing: boolean, freeBytes: number): number =>
  capturing ? Math.max(SOONEST_MS, Math.min(CAPTURING_MS, freeBytes / FASTEST_BYTES_PER_MS)) : DRAINING_MS;
