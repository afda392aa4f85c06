// Who runs first where all processors are taken: the agent, whose looks keep the spool within its bounds, before what writes there.
import { setPriority } from 'node:os';

export const AHEAD = -10;
const USUAL = 0;

/** Of this process, before it has other threads than those of its engine: each inherits. Where it may not, all are alike. */
export function aheadOfTheOthers(): void {
  set(0, AHEAD);
}

/** Of a child, which inherited. */
export function asUsual(pid: number | undefined): void {
  if (pid !== undefined) set(pid, USUAL);
}

function set(pid: number, priority: number): void {
  try {
    setPriority(pid, priority);
  } catch {
    // It is gone, or nobody may.
  }
}
