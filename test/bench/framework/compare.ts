// What a comparison comes to, and how it stands to its limits.
import type { Comparison } from './figure.js';
import { median } from './rounds.js';

/** The ratio, the difference or the value that the table shows. */
export function compared({ as, samples }: Pick<Comparison, 'as' | 'samples'>): number {
  const ours = median(samples.ours);
  if (as === 'value') return ours;
  return as === 'ratio' ? ours / median(samples.theirs) : ours - median(samples.theirs);
}

export type Standing = 'goal' | 'within' | 'short' | 'missed' | 'shown';

/** `missed` is not what must be, `within` is and no goal is reached; `short` is short of a goal where nothing must be; `shown` has no limits. */
export function standing(comparison: Pick<Comparison, 'as' | 'samples' | 'better' | 'limits'>): Standing {
  const value = compared(comparison);
  const { must, goal } = comparison.limits;
  const reaches = (limit: number): boolean => (comparison.better === 'more' ? value >= limit : value <= limit);
  if (must !== undefined && !reaches(must)) return 'missed';
  if (goal !== undefined && reaches(goal)) return 'goal';
  if (must === undefined && goal === undefined) return 'shown';
  return must === undefined ? 'short' : 'within';
}
