// Delivered: what the bucket says now of the files that it is to have.
import type { Told } from '../api/reason-table.js';
import { CONDITION, DELIVERY_REASON } from '../api/reasons.js';
import { counted } from './counted.js';
import type { Facts } from './facts.js';
import type { Totals } from './totals.js';
import { verdict, type Verdict } from './verdict.js';

const reads = <R extends string>(status: Verdict['status'], reason: Told<R>, message: string): Verdict => verdict(CONDITION.delivered, status, reason, message);

export function delivered(facts: Facts & { totals: Totals }): Verdict {
  const { run, totals } = facts;
  const { files } = totals.ledger;
  if (totals.delivery && !totals.delivery.ok) return refusedBy(totals.delivery, files.pending);
  if (isRecording(facts)) return ofRecorder(facts);
  if (files.pending > 0) return reads('Unknown', 'Pending', `${counted(files.uploaded, 'file')} in the bucket, ${files.pending} still on the node`);
  if (files.uploaded > 0) return reads('True', 'Delivered', `${counted(files.uploaded, 'file')} in the bucket, read back`);
  if (run?.result?.outcome === 'Complete') return reads('True', 'Delivered', 'no packet was captured, so nothing had to be delivered');
  return reads('Unknown', 'NothingToDeliver', 'no file is finished yet, so nothing had to be delivered');
}

/** The store's own words go to the destination's status: a tenant reads the code alone. */
function refusedBy({ reason = 'StoreError', httpStatus }: NonNullable<Totals['delivery']>, pending: number): Verdict {
  const status = httpStatus === undefined ? '' : ` (HTTP ${httpStatus})`;
  const what = reason === DELIVERY_REASON.compressionFailed ? 'files cannot be compressed on the node' : `the bucket does not take files: ${reason}${status}`;
  return reads('False', reason, `${what}; ${counted(pending, 'file')} on the node, tried again and again`);
}

/** A flight recorder's files stay in its ring until they are asked for: they are late for nothing. */
const isRecording = ({ run, totals, policy }: Facts): boolean => policy === 'OnDemand' && !run?.stop && !run?.result && !run?.suspended?.since && totals?.stopReason === undefined;

function ofRecorder({ totals, snapshots }: Facts & { totals: Totals }): Verdict {
  const { files, packets } = totals.ledger;
  const wanted = snapshots.reduce((sum, snapshot) => sum + snapshot.packets.pending, 0);
  if (wanted > 0) return reads('Unknown', 'Pending', `${wanted} packets of a snapshot are on their way to the bucket`);
  const ring = `the ring on the node holds ${packets.pending - wanted} packets until the next snapshot or the end`;
  if (files.uploaded > 0) return reads('True', 'Delivered', `${counted(files.uploaded, 'file')} in the bucket, read back; ${ring}`);
  return reads('Unknown', 'NothingToDeliver', `nothing was asked for yet; ${ring}`);
}
