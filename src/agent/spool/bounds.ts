// Which closed files the node lets go: the ring's number of files, the spool's size, the file system's reserve.
import { DISCARD_REASON } from '../../api/reasons.js';
import type { SpoolFile } from './events.js';
import { Held, onDisk } from './held.js';
import type { CutSavefile } from './state.js';

export interface Bounds {
  /** Most files of a target, the open one included. */
  files: number | undefined;
  maxSizeBytes: number;
  /** Size at which a tcpdump closes a file, the largest of them. */
  largestFileBytes: number;
  /** Bytes that the file system must keep available; 0: whatever it has may be taken. */
  reserveBytes: number;
  /** How fast tcpdump writes at present. */
  writtenBytesPerSecond: number;
  /** A flight recorder: what its ring lets go is no loss, and what is wanted is not of its ring. */
  onDemand: boolean;
}

export interface Occupancy {
  /** Closed files that are not settled, oldest first, without those already being let go. */
  closed: SpoolFile[];
  /** Whether a file is to be in the bucket. */
  isWanted: (file: SpoolFile) => boolean;
  /** Whether its bytes are on their way to the bucket now: to let it go would be to begin with another one. */
  isUnderWay: (file: SpoolFile) => boolean;
  /** Savefiles of several files, by id. */
  cuts: Readonly<Record<string, CutSavefile>>;
  /** The open file of each target that has one, and at what size its tcpdump closes it. */
  open: ReadonlyMap<string, { sizeBytes: number; largestBytes: number }>;
  /** Journal and segments. */
  otherBytes: number;
  /** What is already being let go and still on disk. */
  leavingBytes: number;
  /** What the file system has available. */
  availableBytes: number;
}

export interface Decision {
  letGo: { file: SpoolFile; reason: string }[];
  /** No closed file is left that could make room, or what was let go is still there: tcpdump must wait, so that the kernel keeps what comes, or counts the loss. */
  starved: boolean;
}

/** One packet may lie over the size at which a file is closed. */
const LARGEST_RECORD_BYTES = 262_144 + 16;
/** More files than this are not kept, so that what the agent knows of them stays in its memory. */
const MOST_FILES = 20_000;

/** A look comes ten times a second at least; on a node whose processors are all taken it comes late. */
const LATEST_LOOK_SECONDS = 0.5;

/**
 * Room kept for what tcpdump writes between two looks: a file where files are small, a sixteenth of the spool where they are large,
 * and more where it writes so fast that this would not last until a look that is late, but no more than a quarter of the spool.
 */
export function reactionBytes({ maxSizeBytes, largestFileBytes, writtenBytesPerSecond }: Pick<Bounds, 'maxSizeBytes' | 'largestFileBytes' | 'writtenBytesPerSecond'>): number {
  const usual = Math.min(largestFileBytes, Math.max(16 * 2 ** 20, maxSizeBytes / 16));
  return Math.max(usual, Math.min(maxSizeBytes / 4, writtenBytesPerSecond * LATEST_LOOK_SECONDS));
}

/** Bytes that the spool takes, an open file counted at the size it may reach before the next look. */
function committed(bounds: Bounds, occupancy: Occupancy, closedBytes: number): number {
  const open = [...occupancy.open.values()].reduce((sum, { sizeBytes, largestBytes }) => sum + onDisk(Math.max(sizeBytes, largestBytes + LARGEST_RECORD_BYTES)), 0);
  const reaction = occupancy.open.size > 0 ? reactionBytes(bounds) : 0;
  return closedBytes + open + reaction + occupancy.otherBytes;
}

/** What is on the disk, of which what was let go may take its time to leave, is about to be all there is: many targets in a small spool, or a slow disk. */
const overflowing = (bounds: Bounds, { open, otherBytes }: Occupancy, closedBytes: number): boolean =>
  open.size > 0 && [...open.values()].reduce((sum, { sizeBytes }) => sum + onDisk(sizeBytes), closedBytes + otherBytes + reactionBytes(bounds) / 2) > bounds.maxSizeBytes;

/** The file system comes near its reserve: it holds against what tcpdump writes until the next look. Once nothing is open, nothing grows. */
const isTight = ({ reserveBytes }: Bounds, { open, availableBytes }: Occupancy, freedBytes: number, reaction: number): boolean =>
  open.size > 0 && reserveBytes > 0 && availableBytes + freedBytes < reserveBytes + reaction;

/** The oldest first, and those under way last: a store that is slower than the capture would otherwise never be let finish one. */
const inTurn = (files: SpoolFile[], isUnderWay: Occupancy['isUnderWay']): SpoolFile[] => [...files.filter((file) => !isUnderWay(file)), ...files.filter(isUnderWay)];

/** The oldest files of each ring that has more than its number. */
function overTheRing({ files: most, onDemand }: Bounds, { closed, open, isWanted, isUnderWay }: Occupancy): Set<SpoolFile> {
  if (most === undefined) return new Set();
  const inRing = inTurn(onDemand ? closed.filter((file) => !isWanted(file)) : closed, isUnderWay);
  const excess = new Map<string, number>();
  for (const { target } of inRing) excess.set(target, (excess.get(target) ?? (open.has(target) ? 1 : 0) - most) + 1);
  return new Set(
    inRing.filter(({ target }) => {
      const over = excess.get(target) ?? 0;
      excess.set(target, over - 1);
      return over > 0;
    }),
  );
}

export function enforceBounds(bounds: Bounds, occupancy: Occupancy): Decision {
  const { closed, cuts, isWanted, isUnderWay } = occupancy;
  const letGo: Decision['letGo'] = [];
  const held = new Held(closed, cuts);
  let freedBytes = occupancy.leavingBytes;
  const drop = (file: SpoolFile, reason: string): void => {
    letGo.push({ file, reason });
    freedBytes += held.drop(file);
  };

  const over = overTheRing(bounds, occupancy);
  for (const file of over) drop(file, bounds.onDemand ? DISCARD_REASON.released : DISCARD_REASON.ringOverwrote);

  const kept = inTurn(over.size > 0 ? closed.filter((file) => !over.has(file)) : closed, isUnderWay);
  const isRing = (file: SpoolFile): boolean => bounds.onDemand && !isWanted(file);
  // What nobody asked for goes first.
  const order = bounds.onDemand ? [...kept.filter(isRing), ...kept.filter((file) => !isRing(file))] : kept;
  const tooMany = (): boolean => closed.length - letGo.length > MOST_FILES;
  const full = (): boolean => committed(bounds, occupancy, held.bytes) > bounds.maxSizeBytes;
  const tight = (): boolean => isTight(bounds, occupancy, freedBytes, reactionBytes(bounds));
  for (const file of order) {
    const isFull = tooMany() || full();
    if (!isFull && !tight()) break;
    // A part of an open savefile makes no room.
    if (!tooMany() && held.isOpen(file)) continue;
    // Where no number of files is set, the spool is the ring.
    drop(file, isFull && isRing(file) && bounds.files === undefined ? DISCARD_REASON.released : DISCARD_REASON.spoolFull);
  }
  return { letGo, starved: isTight(bounds, occupancy, freedBytes, reactionBytes(bounds) / 2) || overflowing(bounds, occupancy, held.bytes + freedBytes) };
}
