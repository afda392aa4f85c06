// Who runs first where all processors are taken: the agent, whose looks keep the spool within its bounds, before what writes there, and that before all else.
import { setPriority } from 'node:os';

export const AHEAD = -10;
/** Of two that want a processor: a quarter of it, beside the agent that also uploads. */
export const NEXT = -5;

/** Of this process, before it has other threads than those of its engine: each inherits. Where it may not, all are alike. */
export function aheadOfTheOthers(): void {
  set(0, AHEAD);
}

/** Of a tcpdump, which inherited. */
export function nextToTheAgent(pid: number | undefined): void {
  if (pid !== undefined) set(pid, NEXT);
}

function set(pid: number, priority: number): void {
  try {
    setPriority(pid, priority);
  } catch {
    // It is gone, or nobody may.
  }
}
