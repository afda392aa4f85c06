// What stays of runs that made place for a newer one.
import { lostPackets, totalsOf } from './totals.js';
import { PREVIOUS_RUNS_KEPT, type PreviousRun, type RecordNode, type Run, type RunRecord } from './record.js';
import { locationOf } from './location.js';

export function previousRun(run: Run, capture: RunRecord['capture']): PreviousRun {
  const totals = totalsOf(run);
  const stopReason = run.stop?.reason ?? totals.stopReason;
  return {
    id: run.id,
    files: { destination: run.destination, nodes: run.nodes.map((node) => ({ node: node.node, attempts: attemptsOf(node) })) },
    ...(stopReason !== undefined && { stopReason }),
    ...(run.result && { completionTime: run.result.completionTime }),
    location: locationOf(run, capture).location,
    packets: { ...totals.ledger.packets, lost: lostPackets(totals.ledger) },
  };
}

/** What people see of it. */
export const shownRun = ({ files: _kept, ...shown }: PreviousRun): Omit<PreviousRun, 'files'> => shown;

/** The newest attempt on a node that is known of: each may have left a manifest. */
export const attemptsOf = ({ addressed, report }: RecordNode): number => Math.max(addressed?.attempt ?? 0, report?.attempt ?? 0);

export const keepPrevious = (newest: PreviousRun, earlier: PreviousRun[]): PreviousRun[] => [newest, ...earlier].slice(0, PREVIOUS_RUNS_KEPT);
