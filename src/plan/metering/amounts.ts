// A run in numbers that only grow, as counters want them: of the record that is decided, and of what was written of it before.
import type { PacketCaptureStatus } from '../../api/packetcapture-status.js';
import { isSettled, type Run } from '../record.js';
import { totalsOf, type Totals } from '../totals.js';

export interface Amounts {
  numbers: Record<Amount, number>;
  /** Packets, by reason. */
  lost: Record<string, number>;
}

export type Amount = 'capturedPackets' | 'capturedBytes' | 'uploadedPackets' | 'uploadedBytes' | 'releasedPackets' | 'gaps' | 'gapSeconds' | 'started' | 'complete' | 'failed';

const NOTHING: Record<Amount, number> = { capturedPackets: 0, capturedBytes: 0, uploadedPackets: 0, uploadedBytes: 0, releasedPackets: 0, gaps: 0, gapSeconds: 0, started: 0, complete: 0, failed: 0 };

export const noAmounts = (): Amounts => ({ numbers: NOTHING, lost: {} });

/** A counter takes nothing back: what a node that is given up may yet deliver is lost when the run is settled, and the outcome is what it is then. */
export function amountsOf(run: Run): Amounts {
  const settled = isSettled(run);
  const totals = totalsOf(settled ? run : { ...run, nodes: run.nodes.map(({ lost: _lost, ...node }) => node) });
  const { packets, bytes } = totals.ledger;
  return {
    numbers: {
      ...{ capturedPackets: packets.captured, capturedBytes: bytes.captured, uploadedPackets: packets.uploaded, uploadedBytes: bytes.uploaded, releasedPackets: packets.released },
      ...{ gaps: totals.gaps.count - totals.gaps.suspended.count, gapSeconds: totals.gaps.seconds - totals.gaps.suspended.seconds },
      ...{ started: totals.captureStartTime === undefined ? 0 : 1, complete: settled && run.result?.outcome === 'Complete' ? 1 : 0, failed: settled && run.result?.outcome === 'Failed' ? 1 : 0 },
    },
    lost: { ...totals.discards, DroppedByKernel: packets.droppedByKernel, DroppedByInterface: packets.droppedByInterface },
  };
}

/** What a capture's status says of the run, which is written every few seconds, while its record is written at its turns. */
export function amountsTold(status: PacketCaptureStatus | undefined, run: Run): Amounts {
  if (status?.run?.id !== run.id) return noAmounts();
  const { packets, bytes, gaps } = status;
  const suspensions = totalsOf(run).gaps.suspended.count;
  return {
    numbers: {
      ...NOTHING,
      ...{ capturedPackets: packets?.captured ?? 0, capturedBytes: bytes?.captured ?? 0, uploadedPackets: packets?.uploaded ?? 0, uploadedBytes: bytes?.uploaded ?? 0, releasedPackets: packets?.released ?? 0 },
      ...{ gaps: Math.max(0, (gaps?.count ?? 0) - suspensions), gapSeconds: Math.max(0, (gaps?.seconds ?? 0) - (gaps?.suspendedSeconds ?? 0)) },
    },
    lost: { DroppedByKernel: packets?.droppedByKernel ?? 0, DroppedByInterface: packets?.droppedByInterface ?? 0 },
  };
}

/** Packets that a status says were given up, and the stored run does not: it does not say why. */
export function discardsToldBesides(status: PacketCaptureStatus | undefined, stored: Run): number {
  if (status?.run?.id !== stored.id) return 0;
  const given = ({ packets }: Totals['ledger']): number => packets.discarded - packets.released;
  return Math.max(0, (status.packets?.discarded ?? 0) - (status.packets?.released ?? 0) - given(totalsOf(stored).ledger));
}

export const mostOf = (a: Amounts, b: Amounts): Amounts => ({ numbers: most(a.numbers, b.numbers), lost: most(a.lost, b.lost) });

/** By how much `now` is above `before`, where it is. */
export const grownBy = (before: Amounts, now: Amounts): Amounts => ({ numbers: growth(before.numbers, now.numbers), lost: growth(before.lost, now.lost) });

const most = <K extends string>(a: Record<K, number>, b: Record<K, number>): Record<K, number> => combine(a, b, Math.max);

export const growth = <K extends string>(before: Record<K, number>, now: Record<K, number>): Record<K, number> => combine(before, now, (a, b) => Math.max(0, b - a));

function combine<K extends string>(a: Record<K, number>, b: Record<K, number>, how: (a: number, b: number) => number): Record<K, number> {
  const keys = Object.keys({ ...a, ...b }) as K[];
  return Object.fromEntries(keys.map((key) => [key, how(a[key] ?? 0, b[key] ?? 0)])) as Record<K, number>;
}
