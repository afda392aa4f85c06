// What ends, and what is interrupted: the run by control or by its time, a target by its limits, all of it by a suspension until that is taken back.
import { STOP_REASON } from '../api/reasons.js';
import type { Control } from '../protocol/control.js';
import { CaptureTime } from './capture-time.js';
import type { Captures } from './captures.js';
import { momentOf, type Clock } from './clock.js';
import { runLimitReached, targetLimitReached } from './limits.js';
import type { Spool } from './spool/spool.js';
import { isSuspended } from './spool/state.js';

export class Endings {
  private readonly captured: CaptureTime;

  constructor(
    private readonly spool: Spool,
    private readonly captures: Pick<Captures, 'suspend' | 'areFinished' | 'reset' | 'endAll' | 'end' | 'hasEnded' | 'ledgers'>,
    private readonly clock: Clock,
  ) {
    this.captured = new CaptureTime(spool, clock);
  }

  /** Interrupts capturing, or lets it go on, as control wants it. A run that is to stop is not suspended any more. */
  suspendOrResume({ suspend, stop }: Control): void {
    const { spool, captures, clock } = this;
    if (spool.state.stopped?.final) return;
    if (suspend && !stop && !isSuspended(spool.state)) {
      spool.record({ type: 'stopped', reason: STOP_REASON.suspended, ...momentOf(clock), final: false });
      captures.suspend();
    } else if (!suspend && isSuspended(spool.state) && captures.areFinished) {
      captures.reset();
      spool.record({ type: 'resumed', ...momentOf(clock) });
    }
  }

  endWhatReachedItsLimit(control: Control): void {
    const { spool, captures, clock } = this;
    const capturedMs = this.captured.ms;
    if (spool.state.stopped?.final) return;
    const reason = runLimitReached(control, capturedMs);
    if (reason !== undefined) {
      captures.endAll(reason);
      spool.record({ type: 'stopped', reason, ...momentOf(clock), final: true });
      return;
    }
    for (const [name, ledger] of captures.ledgers().targets) {
      const limit = targetLimitReached(ledger, control.limits);
      if (limit !== undefined) captures.end(name, limit, false);
    }
    if (!control.follows) this.stopWithTheLastTarget(control);
  }

  /** A target that is gone may be followed by another of its name: whether to wait for one is the operator's to say. */
  private stopWithTheLastTarget(control: Control): void {
    const { spool, captures, clock } = this;
    const gone = new Set(control.targets.filter((target) => target.gone).map(({ name }) => name));
    const targets = Object.values(spool.state.targets).filter(({ name }) => !gone.has(name));
    if (spool.state.stopped || targets.length === 0 || !targets.every(({ name }) => captures.hasEnded(name))) return;
    const last = targets.reduce((a, b) => ((b.stopMs ?? 0) >= (a.stopMs ?? 0) ? b : a));
    spool.record({ type: 'stopped', reason: last.stopReason ?? STOP_REASON.failed, ...momentOf(clock), final: false });
  }

  /** Time to the end of the duration, so that it is not noticed only at some later look. */
  leftMs({ remainingMs }: Control): number {
    const capturedMs = this.captured.ms;
    if (capturedMs === undefined || remainingMs === 0 || this.spool.state.stopped?.final || isSuspended(this.spool.state)) return Infinity;
    return remainingMs - capturedMs;
  }
}
