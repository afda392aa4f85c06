// LossDetected: whether anything was lost, how much, the likely cause, and the lever in the spec.
import { CONDITION, DISCARD_REASON } from '../api/reasons.js';
import type { Totals } from './totals.js';
import { verdict, type Verdict } from './verdict.js';

const LEVER: Record<string, string> = {
  [DISCARD_REASON.ringOverwrote]: 'the ring pushed files out before they were delivered: raise spec.ring.files or spec.ring.fileSize',
  [DISCARD_REASON.spoolFull]: 'the node had no room for them: raise spec.spool.maxSize, or narrow spec.filter',
  [DISCARD_REASON.spoolLost]: "the node's spool was lost with them",
  [DISCARD_REASON.drainExpired]: 'the bucket did not take them in time',
  [DISCARD_REASON.damaged]: 'they could not be read back from the node',
};

export function lossCondition(totals: Totals): Verdict {
  const { droppedByKernel, droppedByInterface } = totals.ledger.packets;
  const parts = Object.entries(totals.discards)
    .filter(([, packets]) => packets > 0)
    .map(([reason, packets]) => ({ reason, text: `${packets} packets discarded: ${LEVER[reason] ?? reason}` }));
  if (droppedByKernel > 0) parts.push({ reason: 'DroppedByKernel', text: `at most ${droppedByKernel} packets dropped by the kernel, which had no room for them: lower spec.snapLength, narrow spec.filter, or raise spec.bufferSize` });
  if (droppedByInterface > 0) parts.push({ reason: 'DroppedByInterface', text: `${droppedByInterface} packets dropped by the network interface` });
  if (totals.gaps.count > 0) parts.push({ reason: 'Gap', text: `${totals.gaps.count === 1 ? 'a gap' : `${totals.gaps.count} gaps`} of ${totals.gaps.seconds.toFixed(1)} s in all, in which no tcpdump listened; the manifest has each with its reason` });
  const first = parts[0];
  if (!first) return verdict(CONDITION.lossDetected, 'False', 'NoLoss', 'tcpdump dropped nothing, nothing was discarded, and there was no gap');
  return verdict(CONDITION.lossDetected, 'True', parts.length > 1 ? 'SeveralCauses' : first.reason, parts.map((p) => p.text).join('; '));
}
