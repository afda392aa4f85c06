// How long an attempt has captured: from its first tcpdump on, without the time in which it was suspended.
import { momentOf, msBetween, type Clock } from './clock.js';
import type { Spool } from './spool/spool.js';
import { isSuspended } from './spool/state.js';

/** What the journal says is taken once, and goes on by a clock that never jumps. A restart of the container does not reset it. */
export class CaptureTime {
  private elapsedMs: number | undefined;
  private lookedMs = 0;
  private runs = false;

  constructor(
    private readonly spool: Spool,
    private readonly clock: Clock,
  ) {}

  /** Milliseconds; undefined before anything was captured. To be asked at each look. */
  get ms(): number | undefined {
    const { attemptStartMs, attemptStart, suspendedMs, stopped } = this.spool.state;
    if (attemptStartMs === undefined) return undefined;
    const nowMs = this.clock.monotonic();
    const suspended = isSuspended(this.spool.state) ? stopped : undefined;
    if (this.elapsedMs === undefined) this.elapsedMs = Math.max(0, msBetween(attemptStart ?? { timeMs: attemptStartMs }, suspended ?? momentOf(this.clock)) - suspendedMs);
    else if (this.runs) this.elapsedMs += nowMs - this.lookedMs;
    this.lookedMs = nowMs;
    this.runs = !suspended;
    return this.elapsedMs;
  }
}
