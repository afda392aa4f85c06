// How long to wait after failures: exponential, with jitter, no shorter than the store asked for.

const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/** Milliseconds to wait after the n-th failure in a row (from 1); `random` gives [0, 1). Half fixed, half chance, so that a thousand agents spread out and none hurries. */
export function backoffMs(failures: number, random: () => number, retryAfterMs = 0): number {
  const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 16));
  return Math.max(retryAfterMs, ceiling / 2 + (random() * ceiling) / 2);
}
