// How often a status is written: transitions and the first file at once, counters every 2 s in a run's first minute and every 10 s after.
import type { PacketCaptureStatus } from '../api/packetcapture-status.js';
import { isSameJSON } from '../plan/identity.js';

const FIRST_MINUTE_MS = 60_000;
const EARLY_INTERVAL_MS = 2000;
const LATE_INTERVAL_MS = 10_000;

/** ms until the status may be written: 0 now, undefined where nothing differs. */
export function statusDueIn(before: PacketCaptureStatus | undefined, after: PacketCaptureStatus, writtenMs: number, nowMs: number): number | undefined {
  if (before && isSameJSON(before, after)) return undefined;
  if (!before || !isSameJSON(turn(before), turn(after))) return 0;
  const start = Date.parse(after.run?.captureStartTime ?? after.run?.startTime ?? '');
  const interval = nowMs - start < FIRST_MINUTE_MS ? EARLY_INTERVAL_MS : LATE_INTERVAL_MS;
  return Math.max(0, writtenMs + interval - nowMs);
}

/** What makes a status another turn of the story, without its counters. */
function turn(status: PacketCaptureStatus): object {
  return {
    generation: status.observedGeneration,
    phase: status.phase,
    run: status.run,
    handled: status.handled,
    live: status.live,
    firstFile: (status.files?.uploaded ?? 0) > 0,
    targets: status.targets?.map(({ name, state, reason, stopReason }) => ({ name, state, reason, stopReason })),
    snapshots: status.snapshots?.map(({ token, completionTime }) => ({ token, completionTime })),
    previousRuns: status.previousRuns?.map(({ id }) => id),
    conditions: status.conditions?.map(({ type, status: s, reason }) => ({ type, status: s, reason })),
  };
}
