// What is tried next: what failed least (so that nothing that keeps failing holds up the rest), small objects before files, the oldest first.

export interface Waiting {
  /** Order of arrival. */
  order: number;
  /** A manifest: small, and what readers look at first. */
  small: boolean;
  failures: number;
  /** Not before this time (monotonic ms), because the store refused this very object. */
  notBeforeMs: number;
}

const before = (a: Waiting, b: Waiting): boolean => {
  if (a.failures !== b.failures) return a.failures < b.failures;
  if (a.small !== b.small) return a.small;
  return a.order < b.order;
};

/** The one to try now; undefined where none is due. */
export function nextDue<T extends Waiting>(waiting: Iterable<T>, nowMs: number): T | undefined {
  let best: T | undefined;
  for (const one of waiting) if (one.notBeforeMs <= nowMs && (!best || before(one, best))) best = one;
  return best;
}

/** When the next one is due; undefined where none waits. */
export function nextDueMs(waiting: Iterable<Waiting>): number | undefined {
  let earliest: number | undefined;
  for (const { notBeforeMs } of waiting) if (earliest === undefined || notBeforeMs < earliest) earliest = notBeforeMs;
  return earliest;
}
