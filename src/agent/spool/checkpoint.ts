// A checkpoint as an earlier agent wrote it: what it did not know yet is as it was before anything happened.
import { emptyState, type SpoolState } from './state.js';

/** What every agent has written; the rest of a state came later. */
type Checkpoint = Omit<Partial<SpoolState>, 'gaps'> & { gaps?: Partial<SpoolState['gaps']> };

export function restored(checkpoint: Checkpoint): SpoolState {
  const empty = emptyState();
  const state: SpoolState = { ...empty, ...checkpoint, gaps: { ...empty.gaps, ...checkpoint.gaps } };
  for (const { settled } of Object.values(state.targets)) settled.packets.released ??= 0;
  return state;
}
