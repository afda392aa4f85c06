// When a tcpdump that is to end may be sent its SIGINT, which leaves what waits in the kernel's buffer, up to a second of packets.

/** What arrived is written within the kernel's block timeout of 1 s, unless tcpdump is behind. */
const DRAIN_MS = 1500;
const DRAIN_MAX_MS = 6000;

export class Drain {
  private packets = -1;
  /** Set: all that had arrived up to here is written. */
  drainedUs: number | undefined;

  constructor(
    /** When it was to end, ms since the epoch. */
    private readonly stopMs: number,
    /** False: what has arrived and is not written is not wanted. */
    private readonly wanted: boolean,
  ) {}

  /** Whether it may be ended, as of a look at its open file. */
  mayEnd({ nowMs, lastUs, packets, listens }: { nowMs: number; lastUs: number; packets: number; listens: boolean }): boolean {
    const waitedMs = nowMs - this.stopMs;
    const isDrained = !this.wanted || lastUs >= this.stopMs * 1000 || (waitedMs >= DRAIN_MS && packets === this.packets);
    this.packets = packets;
    if (!isDrained && waitedMs < DRAIN_MAX_MS && listens) return false;
    if (isDrained) this.drainedUs = this.stopMs * 1000;
    return true;
  }
}
