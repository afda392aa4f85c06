// Judges what was measured now by what is committed: each comparison within its margin, none missed, none gone.
import { compared, standing } from './compare.js';
import type { Comparison } from './figure.js';
import type { Measured } from './results.js';

export type Finding = 'held' | 'new' | 'regressed' | 'missed' | 'gone';

export interface Judged {
  id: string;
  finding: Finding;
  /** What is compared: as committed, as measured now, and the worst that the margin allows. */
  before?: number;
  now?: number;
  allowed?: number;
  comparison: Comparison;
}

/** Of a difference the margin is in its unit, else a part of the committed one. */
export function worstAllowed(committed: Comparison): number {
  const before = compared(committed);
  const margin = committed.as === 'difference' ? committed.margin : Math.abs(before) * committed.margin;
  return committed.better === 'more' ? before - margin : before + margin;
}

/** `committed` are the figures that were measured anew; one of theirs that `measured` lacks is gone. */
export function judge(committed: readonly Measured[], measured: readonly Measured[]): Judged[] {
  const all = (figures: readonly Measured[]): Comparison[] => figures.flatMap(({ comparisons }) => comparisons);
  const before = new Map(all(committed).map((comparison) => [comparison.id, comparison]));
  const now = all(measured);
  const gone = [...before.values()].filter(({ id }) => !now.some((comparison) => comparison.id === id));
  return [
    ...now.map((comparison) => judged(comparison, before.get(comparison.id))),
    ...gone.map((comparison): Judged => ({ id: comparison.id, finding: 'gone', before: compared(comparison), allowed: worstAllowed(comparison), comparison })),
  ];
}

function judged(comparison: Comparison, committed: Comparison | undefined): Judged {
  const { id, better } = comparison;
  const now = compared(comparison);
  const missed = standing(comparison) === 'missed';
  if (committed === undefined) return { id, finding: missed ? 'missed' : 'new', now, comparison };
  const allowed = worstAllowed(committed);
  // What is no number is no better than anything.
  const held = better === 'more' ? now >= allowed : now <= allowed;
  return { id, finding: missed ? 'missed' : held ? 'held' : 'regressed', before: compared(committed), now, allowed, comparison };
}

export const fails = ({ finding }: Judged): boolean => finding === 'regressed' || finding === 'missed' || finding === 'gone';
