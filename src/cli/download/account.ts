// What of a capture is in no file: what it lost, what is still to come, as its manifests say it.
import { printable } from '../../api/printable.js';
import { DISCARD_REASON, STOP_REASON } from '../../api/reasons.js';
import { addLedgers, emptyLedger } from '../../protocol/ledger.js';
import type { RunRecord } from './record.js';

export interface Account {
  /** Packets in the bucket. */
  packets: number;
  /** Sentences; empty where nothing was lost. */
  losses: string[];
  /** Sentences on what is not in the bucket yet. */
  pending: string[];
}

const WORDS: Record<string, string> = {
  [DISCARD_REASON.ringOverwrote]: 'the ring pushed files out before they were delivered',
  [DISCARD_REASON.spoolFull]: 'the node had no room for them',
  [DISCARD_REASON.spoolLost]: "the node's spool was lost with them",
  [DISCARD_REASON.drainExpired]: 'the bucket did not take them in time',
  [DISCARD_REASON.damaged]: 'they could not be read back from the node',
};

export function accountOf({ spools }: Pick<RunRecord, 'spools'>): Account {
  const { packets, files } = spools.reduce((sum, { ledger }) => addLedgers(sum, ledger), emptyLedger());
  const discards = new Map<string, number>();
  for (const spool of spools) for (const [reason, count] of Object.entries(spool.discards)) discards.set(reason, (discards.get(reason) ?? 0) + count);
  const gaps = spools.flatMap((spool) => spool.gaps).filter(({ reason }) => reason !== STOP_REASON.suspended).length;
  const losses = [...discards]
    .filter(([reason, count]) => count > 0 && reason !== DISCARD_REASON.released)
    .map(([reason, count]) => `${many(count, 'packet')} discarded: ${WORDS[reason] ?? printable(reason)}`);
  if (packets.droppedByKernel > 0) losses.push(`at most ${many(packets.droppedByKernel, 'packet')} dropped by the kernel, which had no room for them`);
  if (packets.droppedByInterface > 0) losses.push(`${many(packets.droppedByInterface, 'packet')} dropped by the network interface`);
  if (gaps > 0) losses.push(`${many(gaps, 'gap')} in which no tcpdump listened; the manifest has from, to and reason`);
  const open = spools.filter(({ final }) => !final);
  const pending: string[] = [];
  if (files.pending > 0) pending.push(`${many(files.pending, 'file')} with ${many(packets.pending, 'packet')} not in the bucket yet`);
  if (open.length > 0) pending.push(`the manifest of ${open.map(({ node }) => printable(node)).join(', ')} is not the last one: more may come`);
  return { packets: packets.uploaded, losses, pending };
}

export const many = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
