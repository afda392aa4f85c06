// Which closed files the node lets go: the ring's number of files, the spool's size, the file system's reserve.
import { DISCARD_REASON } from '../../api/reasons.js';
import type { SpoolFile } from './events.js';

export interface Bounds {
  /** Most files of a target, the open one included. */
  files: number | undefined;
  maxSizeBytes: number;
  /** Size at which tcpdump closes a file. */
  largestFileBytes: number;
  /** Bytes that the file system must keep available. */
  reserveBytes: number;
}

export interface Occupancy {
  /** Closed files that are not settled, oldest first, without those already being let go. */
  closed: SpoolFile[];
  /** The open file of each target that has one, in bytes. */
  open: ReadonlyMap<string, number>;
  /** Journal and segments. */
  otherBytes: number;
  /** Closed files that are already being let go and still on disk. */
  leavingBytes: number;
  /** What the file system has available. */
  availableBytes: number;
}

export interface Decision {
  letGo: { file: SpoolFile; reason: string }[];
  /** No closed file is left that could make room: tcpdump must wait, so that the kernel counts the loss. */
  starved: boolean;
}

/** One packet may lie over the size at which a file is closed. */
const LARGEST_RECORD_BYTES = 262_144 + 16;
const BLOCK_BYTES = 4096;
/** More files than this are not kept, so that what the agent knows of them stays in its memory. */
const MOST_FILES = 20_000;

/** What a file takes of the disk. */
export const onDisk = (bytes: number): number => Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;
const sizeOf = (file: SpoolFile): number => onDisk(file.to - file.from + (file.from > 0 ? BLOCK_BYTES : 0));

/** Room kept for what tcpdump writes between two looks: a file where files are small, a sixteenth of the spool where they are large. */
export const reactionBytes = ({ maxSizeBytes, largestFileBytes }: Bounds): number => Math.min(largestFileBytes, Math.max(16 * 2 ** 20, maxSizeBytes / 16));

/** Bytes that the spool takes, an open file counted at the size it may reach before the next look. */
function committed(bounds: Bounds, occupancy: Occupancy, closedBytes: number): number {
  const open = [...occupancy.open.values()].reduce((sum, bytes) => sum + onDisk(Math.max(bytes, bounds.largestFileBytes + LARGEST_RECORD_BYTES)), 0);
  const reaction = occupancy.open.size > 0 ? reactionBytes(bounds) : 0;
  return closedBytes + open + reaction + occupancy.otherBytes;
}

/** The open files alone are about to take all there is: many targets in a small spool. */
const overflowing = (bounds: Bounds, { open, otherBytes }: Occupancy): boolean =>
  [...open.values()].reduce((sum, bytes) => sum + onDisk(bytes), otherBytes + reactionBytes(bounds) / 2) > bounds.maxSizeBytes;

export function enforceBounds(bounds: Bounds, occupancy: Occupancy): Decision {
  const letGo: Decision['letGo'] = [];
  let kept = occupancy.closed;
  let closedBytes = kept.reduce((sum, file) => sum + sizeOf(file), 0);
  let freedBytes = occupancy.leavingBytes;
  const drop = (file: SpoolFile, reason: string): void => {
    letGo.push({ file, reason });
    closedBytes -= sizeOf(file);
    freedBytes += sizeOf(file);
  };

  if (bounds.files !== undefined) {
    const excess = new Map<string, number>();
    for (const { target } of kept) excess.set(target, (excess.get(target) ?? (occupancy.open.has(target) ? 1 : 0) - bounds.files) + 1);
    kept = kept.filter((file) => {
      const over = excess.get(file.target) ?? 0;
      if (over <= 0) return true;
      excess.set(file.target, over - 1);
      drop(file, DISCARD_REASON.ringOverwrote);
      return false;
    });
  }

  const short = (files: number): boolean => committed(bounds, occupancy, closedBytes) > bounds.maxSizeBytes || files > MOST_FILES;
  // The reserve holds against what tcpdump writes; once nothing is open, nothing grows.
  const tight = (): boolean => occupancy.open.size > 0 && occupancy.availableBytes + freedBytes < bounds.reserveBytes;
  let oldest = 0;
  for (; oldest < kept.length && (short(kept.length - oldest) || tight()); oldest += 1) drop(kept[oldest] as SpoolFile, DISCARD_REASON.spoolFull);
  return { letGo, starved: oldest === kept.length && (tight() || overflowing(bounds, occupancy)) };
}
