// Snapshots in the spool's state: which files are wanted by each, and what became of their packets.
import type { SpoolFile } from './events.js';
import type { SnapshotState, SpoolState, TargetState } from './state.js';

/** Tokens acted on and their numbers; older ones are forgotten. */
const SNAPSHOTS_KEPT = 20;

const isIn = ({ ranges }: SnapshotState, { target, sequence }: SpoolFile): boolean => {
  const range = ranges[target];
  return range !== undefined && sequence > range.after && sequence <= range.upTo;
};

/** The snapshot that asked for a file. */
export const snapshotOf = (state: Readonly<SpoolState>, file: SpoolFile): SnapshotState | undefined => state.snapshots.find((snapshot) => isIn(snapshot, file));

/** All that is pending becomes wanted; what no earlier one asked for is this snapshot's. */
export function applySnapshot(state: SpoolState, { token, timeMs }: { token: string; timeMs: number }): void {
  if (state.snapshots.some((snapshot) => snapshot.token === token)) return;
  const ranges = Object.fromEntries(Object.values(state.targets).flatMap((target) => (wanted(target) < newest(target) ? [[target.name, { after: wanted(target), upTo: newest(target) }]] : [])));
  const snapshot: SnapshotState = { token, timeMs, ranges, captured: 0, uploaded: 0, discarded: 0 };
  for (const file of Object.values(state.pending)) if (isIn(snapshot, file)) snapshot.captured += file.packets;
  state.snapshots = [...state.snapshots, snapshot].slice(-SNAPSHOTS_KEPT);
  wantAll(state);
}

/** Every file that there is, is wanted in the bucket. */
export function wantAll(state: SpoolState): void {
  for (const target of Object.values(state.targets)) target.wantedSequence = newest(target);
}

const wanted = ({ wantedSequence = 0 }: TargetState): number => wantedSequence;
const newest = ({ nextSequence }: TargetState): number => nextSequence - 1;

export const pendingPackets = ({ captured, uploaded, discarded }: SnapshotState): number => captured - uploaded - discarded;
