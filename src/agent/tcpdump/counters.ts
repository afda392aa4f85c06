// tcpdump's own counters: one line at each SIGUSR1, three or four lines at its end.

export interface Counters {
  captured: number;
  /** Received by the filter: on `any` and `lo` it may count twice. */
  received: number;
  droppedByKernel: number;
  droppedByInterface: number;
}

const FIELD = { captured: 'captured', 'received by filter': 'received', 'dropped by kernel': 'droppedByKernel', 'dropped by interface': 'droppedByInterface' } as const;

/** The counters in one line of tcpdump's stderr; undefined where there are none. A closing line holds one of them. */
export function parseCounters(line: string): Partial<Counters> | undefined {
  const found: Partial<Counters> = {};
  for (const [, value, field] of line.matchAll(/(\d+) packets? (captured|received by filter|dropped by kernel|dropped by interface)/g)) {
    found[FIELD[field as keyof typeof FIELD]] = Number(value);
  }
  return Object.keys(found).length > 0 ? found : undefined;
}

/** Closing lines hold one counter each and have no "tcpdump: " before them. */
export const isClosingLine = (line: string): boolean => /^\d+ packets? /.test(line);

/** tcpdump's counters are unsigned 32 bits: over days they wrap. */
export const grownBy = (before: number, after: number): number => (after >= before ? after - before : after + 2 ** 32 - before);
