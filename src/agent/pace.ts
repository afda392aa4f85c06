// How soon the agent looks at its files again.

/** No disk and no kernel buffer fills faster than this, as far as was seen (420 MB/s at 300 kpps). */
const FASTEST_BYTES_PER_MS = 420_000;
const SOONEST_MS = 10;
const CAPTURING_MS = 100;
/** A little more than tcpdump is asked for its counters. */
const STILL_MS = 1150;
const DRAINING_MS = 500;

/** While tcpdump writes: before it could fill what is free of the spool, and ten times a second at least. While nothing comes, and what comes ends the wait: about once a second. */
export const nextLookMs = (capturing: boolean, freeBytes: number, still = false): number =>
  !capturing ? DRAINING_MS : still ? STILL_MS : Math.max(SOONEST_MS, Math.min(CAPTURING_MS, freeBytes / FASTEST_BYTES_PER_MS));
