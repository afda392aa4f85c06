// Ready, with Reconciling or Stalled beside it, as kstatus reads them.
import type { Told } from '../api/reason-table.js';
import { formatDuration } from '../api/duration.js';
import { CONDITION } from '../api/reasons.js';
import { listening, type Facts, type Phase } from './facts.js';
import { lossCondition } from './loss.js';
import type { Run } from './record.js';
import { workingSpec } from './run.js';
import type { Totals } from './totals.js';
import { verdict, type Verdict } from './verdict.js';
import type { Obstacle } from './waiting.js';

const isReady = <R extends string>(reason: Told<R>, message: string): Verdict[] => [verdict(CONDITION.ready, 'True', reason, message)];

export function readiness(phase: Phase, facts: Facts): Verdict[] {
  const { run, totals, accepted: problem, obstacle, policy } = facts;
  if (problem) return notReady(problem);
  if (run?.result?.outcome === 'Failed') return notReady({ reason: run.result.reason, message: run.result.message, terminal: true });
  if (run?.result && totals) return isReady(lossCondition(totals, policy).status === 'True' ? 'CompleteWithLoss' : 'Complete', run.result.message);
  if (phase === 'Suspended') return isReady('Suspended', suspended(facts));
  if (run && totals && (phase === 'Capturing' || phase === 'Uploading')) return isReady(phase, phase === 'Capturing' && policy === 'OnDemand' ? recording(run, totals, facts) : progress(phase, run, totals));
  if (obstacle?.armed) return isReady(obstacle.reason, obstacle.message);
  return notReady(obstacle ?? { reason: 'Starting', message: 'the capture pod is being created', terminal: false });
}

function progress(phase: Phase, run: Run, totals: Totals): string {
  const { packets } = totals.ledger;
  return `${phase === 'Capturing' ? `${listening(run, totals)}; capturing lasts ${untilWhen(run)}` : `capturing has ended (${totals.stopReason ?? run.stop?.reason ?? 'Ended'})`}; ${packets.captured} packets captured so far, ${packets.uploaded} of them in the bucket`;
}

function untilWhen(run: Run): string {
  const { durationMs = 0 } = workingSpec(run) ?? {};
  return durationMs === 0 ? 'until it is stopped' : `${formatDuration(durationMs)} in all`;
}

function recording(run: Run, totals: Totals, { snapshots }: Facts): string {
  const { packets } = totals.ledger;
  const last = snapshots[0];
  return `records: ${listening(run, totals)}; the ring holds ${packets.pending} packets; ${last ? `last snapshot ${JSON.stringify(last.token)} at ${last.time}` : 'no snapshot yet'}`;
}

function suspended({ run, totals }: Facts): string {
  if (!run || !totals) return 'spec.suspend is true, so nothing is captured and nothing is scheduled; set it to false to begin';
  const { packets } = totals.ledger;
  return `suspended since ${run.suspended?.since}; ${packets.captured} packets captured so far, ${packets.uploaded} of them in the bucket; set spec.suspend to false to go on with this run`;
}

function notReady({ reason, message, terminal }: Obstacle): Verdict[] {
  return [verdict(CONDITION.ready, 'False', reason, message), verdict(terminal ? CONDITION.stalled : CONDITION.reconciling, 'True', reason, message)];
}
