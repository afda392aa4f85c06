// What conditions and phase are derived from, once everything about a capture was decided.
import type { CaptureSpec } from '../api/capture-spec.js';
import { STOP_REASON } from '../api/reasons.js';
import type { Snapshot } from '../protocol/snapshot.js';
import { counted } from './counted.js';
import type { LeftOut } from './follow.js';
import { liveTargets, type Run } from './record.js';
import { isSuspended, stillCaptures } from './suspension.js';
import type { Totals } from './totals.js';
import type { Obstacle } from './waiting.js';

export interface Facts {
  generation: number;
  /** The run that is shown. */
  run?: Run;
  totals?: Totals;
  /** Of the run's own spec. */
  policy: CaptureSpec['upload']['policy'];
  /** Newest first. */
  snapshots: Snapshot[];
  /** What is wrong with the spec itself. */
  accepted?: Obstacle;
  /** What is wrong with the snapshot or live annotation, for which nothing else changes. */
  badToken?: Obstacle;
  obstacle?: Obstacle;
  /** Pods that the spec names and the run leaves out. */
  leftOut: LeftOut[];
  /** A run would begin, but the spec says not to. */
  isHeldBack: boolean;
}

export type Phase = 'Pending' | 'Starting' | 'Capturing' | 'Suspended' | 'Uploading' | 'Complete' | 'Failed';

export function phaseOf({ run, totals, accepted, obstacle, isHeldBack }: Facts): Phase {
  if (run?.result) return run.result.outcome;
  if (!run && (accepted?.terminal || obstacle?.terminal)) return 'Failed';
  if (!run) return isHeldBack && !obstacle ? 'Suspended' : 'Pending';
  if (isSuspended(run) && !stillCaptures(run)) return 'Suspended';
  if (totals?.captureStartTime === undefined || (obstacle?.reason === STOP_REASON.nodeDrained && !run.stop)) return 'Starting';
  return totals.targets.some((t) => t.state === 'Capturing') || !(run.stop || totals.stopReason !== undefined) ? 'Capturing' : 'Uploading';
}

/** What listens now, for people. */
export function listening(run: Run, totals: Totals): string {
  const heard = totals.targets.filter((t) => t.state === 'Capturing').length;
  const there = liveTargets(run).length;
  if (there === 0 && heard === 0) return 'no target is there now; the next one is waited for';
  return heard === 0 ? `tcpdump listens to none of ${counted(there, 'target')} yet` : `tcpdump listens to ${heard} of ${there} targets`;
}
