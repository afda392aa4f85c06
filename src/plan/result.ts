// How a run ended: Complete only when nothing is pending and no target's packets were given up after the stop.
import { DISCARD_REASON } from '../api/reasons.js';
import type { RecordNode, Run } from './record.js';
import { totalsOf } from './totals.js';

interface FailedTarget {
  name: string;
  reason?: string | undefined;
  message?: string | undefined;
}

/** The targets of a node on which no agent ever ran. */
const neverCaptured = ({ node, failure }: RecordNode, run: Run): FailedTarget[] => (failure ? run.targets.filter((t) => t.node === node).map(({ name }) => ({ name, ...failure })) : []);

export function resultOf(run: Run, completionTime: string): NonNullable<Run['result']> {
  const totals = totalsOf(run);
  const failed = [...totals.targets.filter((t) => t.state === 'Failed'), ...run.nodes.flatMap((node) => neverCaptured(node, run))];
  const undelivered = totals.ledger.packets.pending + (totals.discards[DISCARD_REASON.drainExpired] ?? 0) + (totals.discards[DISCARD_REASON.spoolLost] ?? 0);
  if (undelivered > 0) {
    return { outcome: 'Failed', reason: 'UploadIncomplete', message: `${undelivered} of ${totals.ledger.packets.captured} captured packets are not in the bucket`, completionTime };
  }
  if (totals.captureStartTime === undefined) {
    const first = failed[0];
    if (first) return { outcome: 'Failed', reason: first.reason ?? 'TargetFailed', message: first.message ?? `target ${first.name} could not be captured`, completionTime };
    return { outcome: 'Failed', reason: 'NothingCaptured', message: `the run was stopped (${run.stop?.reason ?? 'by its agent'}) before anything was captured`, completionTime };
  }
  const { packets, files } = totals.ledger;
  const released = packets.released > 0 ? `; the ring let ${packets.released} earlier ones go, as it was asked to` : '';
  const said = `${packets.uploaded} packets in ${files.uploaded} files are in the bucket and were read back${released}`;
  return failed.length > 0
    ? { outcome: 'Complete', reason: 'SomeTargetsFailed', message: `${said}; failed: ${failed.map((t) => `${t.name} (${t.reason ?? 'unknown'})`).join(', ')}`, completionTime }
    : { outcome: 'Complete', reason: 'AllTargets', message: said, completionTime };
}
