// When what had arrived at a moment is in the files: up to a second of packets waits in the kernel's buffer, where a SIGINT would leave it.

/** What arrived is written within the kernel's block timeout of 1 s, unless tcpdump is behind. */
const DRAIN_MS = 1500;
const DRAIN_MAX_MS = 6000;

/** A look at what tcpdump wrote. */
export interface Progress {
  /** A wall clock that is set meanwhile would end the wait too soon, or never. */
  monotonicMs: number;
  /** Latest packet in its files. */
  lastUs: number;
  /** Packets in its files. */
  packets: number;
  listens: boolean;
  /** It is held, and writes nothing. */
  isPaused: boolean;
}

export class Drain {
  private packets = -1;
  /** Set: all that had arrived up to here is written. */
  drainedUs: number | undefined;

  constructor(
    /** What had arrived by then, ms since the epoch, is waited for. */
    private readonly sinceMs: number,
    /** When the wait began, monotonic. */
    private readonly fromMonotonicMs: number,
    /** False: what has arrived and is not written is not wanted. */
    private readonly wanted: boolean,
  ) {}

  /** Whether the wait is over, as of a look. */
  isOver({ monotonicMs, lastUs, packets, listens, isPaused }: Progress): boolean {
    const waitedMs = monotonicMs - this.fromMonotonicMs;
    const isQuiet = waitedMs >= DRAIN_MS && packets === this.packets && !isPaused;
    const isDrained = !this.wanted || lastUs >= this.sinceMs * 1000 || isQuiet;
    this.packets = packets;
    if (!isDrained && waitedMs < DRAIN_MAX_MS && listens) return false;
    if (isDrained) this.drainedUs = this.sinceMs * 1000;
    return true;
  }
}
