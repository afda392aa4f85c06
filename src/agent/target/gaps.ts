// The gaps of one target: from where nothing is missing to where the next tcpdump listens, each with its reason.
import type { Reason } from '../../api/reason-table.js';
import { STOP_REASON } from '../../api/reasons.js';
import type { Spool } from '../spool/spool.js';

/** Why no tcpdump was listening to a target for a while. */
export const GAP_REASON = { suspended: STOP_REASON.suspended, tcpdumpDied: 'TcpdumpDied', agentRestarted: 'AgentRestarted', agentReplaced: 'AgentReplaced', notWritten: 'NotWritten', netnsReplaced: 'NetnsReplaced', tcpdumpHung: 'TcpdumpHung' } as const satisfies Record<string, Reason>;

export class TargetGaps {
  constructor(
    private readonly spool: Spool,
    private readonly target: string,
    /** Why no tcpdump listens, where none does after one did. */
    public reason: string,
  ) {}

  /** Where the last gap would begin; undefined where a tcpdump listens, or none ever did. */
  get fromUs(): number | undefined {
    return this.spool.state.targets[this.target]?.coveredUs;
  }

  /** A tcpdump listens from `toUs` on, which is not recorded yet. */
  close(toUs: number): void {
    const { fromUs } = this;
    // Where the clock was set back in between, the gap has no length that could be told: it is counted all the same.
    if (fromUs !== undefined) this.record(fromUs, Math.max(fromUs, toUs));
    this.reason = GAP_REASON.tcpdumpDied;
  }

  /** The target ended at `stopUs`: what no tcpdump listened to until then is a gap. */
  closeAtEnd(stopUs: number): void {
    const { fromUs } = this;
    if (fromUs !== undefined && fromUs < stopUs) this.record(fromUs, stopUs);
  }

  private record(fromUs: number, toUs: number): void {
    this.spool.record({ type: 'gap', target: this.target, fromUs, toUs, reason: this.reason });
  }
}
