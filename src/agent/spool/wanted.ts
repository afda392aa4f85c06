// Which files are to be in the bucket: all as they come, or, from a flight recorder, those that were asked for.
import type { SpoolFile } from './events.js';
import { hasEnded, type SpoolState } from './state.js';

/** Value of spec.upload.policy: files stay in the ring until they are asked for. */
const ON_DEMAND = 'OnDemand';
export const isOnDemand = (policy: string): boolean => policy === ON_DEMAND;

/** A file is asked for by a snapshot, by the end or the suspension of the run, or by the end of its target. */
export function isWanted(policy: string, state: Readonly<SpoolState>, file: SpoolFile): boolean {
  if (!isOnDemand(policy) || state.stopped) return true;
  const target = state.targets[file.target];
  return !target || hasEnded(target) || file.sequence <= (target.wantedSequence ?? 0);
}
