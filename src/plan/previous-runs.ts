// What stays of runs that made place for a newer one.
import { lostPackets, totalsOf } from './totals.js';
import { PREVIOUS_RUNS_KEPT, type PreviousRun, type Run, type RunRecord } from './record.js';
import { locationOf } from './location.js';

export function previousRun(run: Run, capture: RunRecord['capture']): PreviousRun {
  const totals = totalsOf(run);
  const stopReason = run.stop?.reason ?? totals.stopReason;
  return {
    id: run.id,
    ...(stopReason !== undefined && { stopReason }),
    ...(run.result && { completionTime: run.result.completionTime }),
    location: locationOf(run, capture).location,
    packets: { ...totals.ledger.packets, lost: lostPackets(totals.ledger) },
  };
}

export const keepPrevious = (newest: PreviousRun, earlier: PreviousRun[]): PreviousRun[] => [newest, ...earlier].slice(0, PREVIOUS_RUNS_KEPT);
