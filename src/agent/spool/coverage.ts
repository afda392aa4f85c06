// Up to when nothing is missing when a tcpdump has ended: where the gap begins that ends with the next one's start.
import type { Counters } from '../tcpdump/counters.js';

export interface Ending {
  listeningUs: number;
  /** Nothing was received for a while up to here, so nothing waited to be written. */
  quietUs: number | undefined;
  /** Latest packet on disk. */
  lastPacketUs: number | undefined;
  /** tcpdump was told to end only after it had written all that arrived up to here. */
  drainedUs: number | undefined;
  /** When tcpdump was told to end, or, where it was not, its last sign. */
  endUs: number;
  /** When its counters were last heard. */
  countedUs: number | undefined;
  /** Set where its files lack packets that it counted: up to here they lack none. */
  writtenUs?: number | undefined;
  /** Its closing lines; absent where it was killed. */
  closing: Partial<Counters> | undefined;
}

/**
 * - It closed in order and had written or counted all that it had received: up to its end.
 * - It closed in order: packets may have waited in the kernel's buffer behind the last one on disk.
 * - It could not write (a full disk, at which libpcap gives a file up without a word): up to the last count that its files held.
 * - It was killed: what it dropped since its last count is unknown too.
 */
export function coveredUntil({ listeningUs, quietUs, lastPacketUs, drainedUs, endUs, countedUs, writtenUs, closing }: Ending): number {
  if (writtenUs !== undefined) return Math.max(listeningUs, writtenUs);
  const known = Math.max(listeningUs, quietUs ?? 0, drainedUs ?? 0);
  if (closing?.received !== undefined && closing.captured !== undefined) {
    if (closing.received === closing.captured + (closing.droppedByKernel ?? 0)) return Math.max(known, endUs);
    return Math.max(known, lastPacketUs ?? 0);
  }
  return Math.max(known, Math.min(lastPacketUs ?? 0, countedUs ?? 0));
}
