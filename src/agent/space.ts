// The spool's bounds applied to what is on the disk now.
import type { JobConfig } from '../protocol/job-config.js';
import type { Clock } from './clock.js';
import { enforceBounds, reactionBytes, type Bounds, type Decision } from './spool/bounds.js';
import type { SpoolFile } from './spool/events.js';
import { Held, onDisk } from './spool/held.js';
import type { Spool } from './spool/spool.js';
import { isOnDemand, isWanted } from './spool/wanted.js';
import type { Shares } from './target/shares.js';

const OTHER_EVERY_MS = 1000;
const RATE_EVERY_MS = 200;
/** What is left of a rate after each RATE_EVERY_MS: half of it after two seconds, however rare the looks are. */
const RATE_FADES = 0.93;

/** Where a closed file is on its way off the node. */
export interface Ways {
  isLeaving(file: SpoolFile): boolean;
  isUnderWay(file: SpoolFile): boolean;
}

export class Space {
  /** What was free of the spool at the last look. */
  freeBytes: number;
  private otherBytes = 0;
  private otherMs = -Infinity;
  private journalBytes = -1;
  private starved = false;
  /** All that tcpdump wrote, when that was looked at, and how fast it grew. */
  private written = { bytes: 0, monotonicMs: -Infinity, perSecond: 0 };

  constructor(
    private readonly job: JobConfig,
    private readonly spool: Spool,
    private readonly clock: Clock,
    private readonly shares: Pick<Shares, 'largestFileBytes' | 'fileBytesOf'>,
  ) {
    this.freeBytes = job.spool.maxSizeBytes;
  }

  /** How fast tcpdump wrote of late. */
  get bytesPerSecond(): number {
    return this.written.perSecond;
  }

  async decide(openFiles: ReadonlyMap<string, { sizeBytes: number }>, ways: Ways): Promise<Decision> {
    const { availableBytes, totalBytes } = await this.spool.fileSystem();
    // Whatever else changes there, the journal has a line of it.
    if (this.clock.monotonic() - this.otherMs >= OTHER_EVERY_MS && this.spool.journalBytes !== this.journalBytes) {
      this.journalBytes = this.spool.journalBytes;
      this.otherMs = this.clock.monotonic();
      this.otherBytes = await this.spool.otherBytes();
    }
    const bounds: Bounds = {
      files: this.job.ring.files,
      maxSizeBytes: this.job.spool.maxSizeBytes,
      largestFileBytes: this.shares.largestFileBytes,
      reserveBytes: this.job.spool.reserveFraction * totalBytes,
      writtenBytesPerSecond: this.writtenPerSecond(openFiles),
      onDemand: isOnDemand(this.job.upload.policy),
    };
    // Once it had to wait, tcpdump goes on only when there is room for a while.
    if (this.starved) bounds.reserveBytes += reactionBytes(bounds);
    const { state } = this.spool;
    const pending = Object.values(state.pending);
    const closed = pending.filter((file) => !ways.isLeaving(file));
    // The bucket is still asked about it: it takes its room, and none of it is free yet.
    const takenBytes = new Held(pending, state.cuts).bytes - new Held(closed, state.cuts).bytes;
    const onDiskBytes = new Held([...pending, ...Object.values(state.leaving)], state.cuts).bytes;
    const leavingBytes = onDiskBytes - new Held(pending, state.cuts).bytes;
    const open = new Map([...openFiles].map(([name, { sizeBytes }]) => [name, { sizeBytes, largestBytes: this.shares.fileBytesOf(name) }]));
    const decision = enforceBounds(bounds, { closed, isWanted: (file) => isWanted(this.job.upload.policy, state, file), isUnderWay: (file) => ways.isUnderWay(file), cuts: state.cuts, open, otherBytes: this.otherBytes + takenBytes, leavingBytes, availableBytes });
    this.starved = decision.starved;
    this.freeBytes = bounds.maxSizeBytes - this.otherBytes - onDiskBytes - [...open.values()].reduce((sum, { sizeBytes }) => sum + onDisk(sizeBytes), 0);
    return decision;
  }

  /** The fastest of late: what came in a burst may come so again. */
  private writtenPerSecond(openFiles: ReadonlyMap<string, { sizeBytes: number }>): number {
    const { pending, targets } = this.spool.state;
    const sum = (numbers: number[]): number => numbers.reduce((a, b) => a + b, 0);
    const settled = sum(Object.values(targets).map((target) => target.settled.bytes.captured));
    const bytes = settled + sum(Object.values(pending).map((file) => file.to - file.from)) + sum([...openFiles.values()].map((file) => file.sizeBytes));
    const monotonicMs = this.clock.monotonic();
    const elapsedMs = monotonicMs - this.written.monotonicMs;
    if (elapsedMs < RATE_EVERY_MS) return this.written.perSecond;
    const perSecond = elapsedMs === Infinity ? 0 : Math.max((Math.max(0, bytes - this.written.bytes) / elapsedMs) * 1000, this.written.perSecond * RATE_FADES ** (elapsedMs / RATE_EVERY_MS));
    this.written = { bytes, monotonicMs, perSecond };
    return perSecond;
  }
}
