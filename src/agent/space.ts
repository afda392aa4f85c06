// The spool's bounds applied to what is on the disk now.
import type { JobConfig } from '../protocol/job-config.js';
import type { Clock } from './clock.js';
import { enforceBounds, onDisk, reactionBytes, type Bounds, type Decision } from './spool/bounds.js';
import type { SpoolFile } from './spool/events.js';
import type { Spool } from './spool/spool.js';

const OTHER_EVERY_MS = 1000;

export class Space {
  /** What was free of the spool at the last look. */
  freeBytes: number;
  private otherBytes = 0;
  private otherMs = -Infinity;
  private starved = false;

  constructor(
    private readonly job: JobConfig,
    private readonly spool: Spool,
    private readonly clock: Clock,
    private readonly largestFileBytes: () => number,
  ) {
    this.freeBytes = job.spool.maxSizeBytes;
  }

  async decide(openFiles: ReadonlyMap<string, { sizeBytes: number }>, isLeaving: (file: SpoolFile) => boolean): Promise<Decision> {
    const { availableBytes, totalBytes } = await this.spool.fileSystem();
    if (this.clock.monotonic() - this.otherMs >= OTHER_EVERY_MS) {
      this.otherMs = this.clock.monotonic();
      this.otherBytes = await this.spool.otherBytes();
    }
    const bounds: Bounds = {
      files: this.job.ring.files,
      maxSizeBytes: this.job.spool.maxSizeBytes,
      largestFileBytes: this.largestFileBytes(),
      reserveBytes: this.job.spool.reserveFraction * totalBytes,
    };
    // Once it had to wait, tcpdump goes on only when there is room for a while.
    if (this.starved) bounds.reserveBytes += reactionBytes(bounds);
    const pending = Object.values(this.spool.state.pending);
    const sizeOf = (file: SpoolFile): number => onDisk(file.to - file.from);
    const leavingBytes = [...pending.filter(isLeaving), ...Object.values(this.spool.state.leaving)].reduce((sum, file) => sum + sizeOf(file), 0);
    const open = new Map([...openFiles].map(([name, { sizeBytes }]) => [name, sizeBytes]));
    const decision = enforceBounds(bounds, { closed: pending.filter((file) => !isLeaving(file)), open, otherBytes: this.otherBytes, leavingBytes, availableBytes });
    this.starved = decision.starved;
    this.freeBytes = bounds.maxSizeBytes - this.otherBytes - pending.reduce((sum, file) => sum + sizeOf(file), 0) - [...open.values()].reduce((sum, bytes) => sum + onDisk(bytes), 0);
    return decision;
  }
}
