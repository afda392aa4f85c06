// What each target gets of what all of an agent's share: the kernel memory of its buffer, and the size at which its file is closed.
import type { JobConfig } from '../../protocol/job-config.js';
import type { Share } from '../spool/events.js';
import { hasEnded, type SpoolState } from '../spool/state.js';
import { largestFileMB } from '../tcpdump/argv.js';

/** A smaller buffer holds no burst. */
const LEAST_BUFFER_BYTES = 2 * 2 ** 20;
const MB = 1e6;

/** A target keeps its share as long as it is captured, whoever comes or goes: no tcpdump is restarted for another one's sake. */
export class Shares {
  private readonly taken = new Map<string, Share>();

  constructor(
    private readonly job: JobConfig,
    private readonly state: () => Readonly<SpoolState>,
  ) {}

  /** A target's share; undefined where the spool has no room for its files beside those of the others. */
  of(target: string): Share | undefined {
    const known = this.taken.get(target);
    if (known || !this.hasRoom) return known;
    const share = { bufferSizeBytes: this.nextBuffer(target), fileSizeMB: this.nextFile() };
    this.taken.set(target, share);
    return share;
  }

  giveBack(target: string): void {
    this.taken.delete(target);
  }

  /** How many targets have a share. */
  get count(): number {
    return this.taken.size;
  }

  fileBytesOf(target: string): number {
    return (this.taken.get(target)?.fileSizeMB ?? this.nextFile()) * MB;
  }

  /** Of all that are open, or of the next where none is. */
  get largestFileBytes(): number {
    return Math.max(...[...this.taken.values()].map(({ fileSizeMB }) => fileSizeMB), this.taken.size === 0 ? this.nextFile() : 0) * MB;
  }

  private sum(of: keyof Share): number {
    return [...this.taken.values()].reduce((sum, share) => sum + share[of], 0);
  }

  /** Open files take at most half of the spool, so that there are closed ones to let go: the least that tcpdump takes is 1 MB. */
  private get hasRoom(): boolean {
    return this.taken.size === 0 || (this.sum('fileSizeMB') + 1) * MB <= this.job.spool.maxSizeBytes / 2;
  }

  /** An equal part of what is left for all that have none yet: what was asked for, as long as that is enough. */
  private nextBuffer(target: string): number {
    const { bufferSizeBytes: asked, bufferBudgetBytes = asked } = this.job.tcpdump;
    const waiting = this.live.filter((name) => name === target || !this.taken.has(name)).length;
    const part = Math.floor(Math.max(0, bufferBudgetBytes - this.sum('bufferSizeBytes')) / Math.max(1, waiting));
    return Math.min(asked, Math.max(LEAST_BUFFER_BYTES, part));
  }

  /** A quarter of an equal part of the spool; of those who come when the others have theirs, half of what is left. */
  private nextFile(): number {
    const { ring, spool } = this.job;
    const left = spool.maxSizeBytes / 2 - this.sum('fileSizeMB') * MB;
    return Math.max(1, Math.min(largestFileMB(ring.fileSizeBytes, spool.maxSizeBytes, Math.max(1, this.live.length)), Math.floor(left / 2 / MB)));
  }

  private get live(): string[] {
    return Object.values(this.state().targets).flatMap((target) => (hasEnded(target) ? [] : target.name));
  }
}
