// The conditions and the phase: domain conditions from the run, and one function that derives Ready from them.
import type { Condition } from '../api/fields.js';
import { CONDITION } from '../api/reasons.js';
import { lossCondition } from './loss.js';
import type { Run } from './record.js';
import type { Totals } from './totals.js';
import { verdict, type Verdict } from './verdict.js';
import type { Obstacle } from './waiting.js';

export interface Facts {
  generation: number;
  run?: Run;
  totals?: Totals;
  accepted?: Obstacle;
  obstacle?: Obstacle;
}

export type Phase = 'Pending' | 'Starting' | 'Capturing' | 'Uploading' | 'Complete' | 'Failed';

export function phaseOf({ run, totals, accepted, obstacle }: Facts): Phase {
  if (run?.result) return run.result.outcome;
  if (!run) return accepted?.terminal || obstacle?.terminal ? 'Failed' : 'Pending';
  if (totals?.captureStartTime === undefined) return 'Starting';
  return totals.targets.some((t) => t.state === 'Capturing') || !(run.stop || totals.stopReason !== undefined) ? 'Capturing' : 'Uploading';
}

export function conditionsOf(facts: Facts, previous: unknown, now: number): { phase: Phase; conditions: Condition[] } {
  const phase = phaseOf(facts);
  const verdicts = [accepted(facts), ...runVerdicts(phase, facts), ...readiness(phase, facts)];
  return { phase, conditions: verdicts.map((v) => stamp(v, facts.generation, previous, now)) };
}

/** lastTransitionTime moves only when the status does. */
export function stamp(v: Verdict, generation: number, previous: unknown, now: number): Condition {
  const earlier = Array.isArray(previous) ? (previous as Condition[]).find((c) => c.type === v.type) : undefined;
  const since = earlier?.status === v.status ? earlier.lastTransitionTime : undefined;
  return { ...v, message: v.message.slice(0, 32_768), observedGeneration: generation, lastTransitionTime: since ?? new Date(now).toISOString().replace(/\.\d{3}Z$/, 'Z') };
}

function accepted({ run, accepted: problem }: Facts): Verdict {
  if (problem) return verdict(CONDITION.accepted, 'False', problem.reason, problem.message);
  // Only in the target's own network namespace can a filter be compiled for the real link type.
  if (run?.result?.outcome === 'Failed' && run.result.reason === 'InvalidFilter') return verdict(CONDITION.accepted, 'False', 'InvalidFilter', run.result.message);
  return verdict(CONDITION.accepted, 'True', 'Accepted', 'the spec is valid');
}

function runVerdicts(phase: Phase, { run, totals }: Facts): Verdict[] {
  if (!run || !totals) return [];
  const { result } = run;
  const { packets } = totals.ledger;
  return [
    capturing(phase, run, totals),
    delivered(totals),
    lossCondition(totals),
    verdict(CONDITION.complete, result?.outcome === 'Complete' ? 'True' : 'False', result?.reason ?? phase, result?.message ?? `${packets.uploaded} of ${packets.captured} packets are in the bucket so far`),
    verdict(CONDITION.failed, result?.outcome === 'Failed' ? 'True' : 'False', result?.outcome === 'Failed' ? result.reason : phase, result?.outcome === 'Failed' ? result.message : `phase ${phase}`),
    verdict(CONDITION.finished, result ? 'True' : 'False', result ? result.outcome : phase, result?.message ?? `phase ${phase}`),
  ];
}

function capturing(phase: Phase, run: Run, totals: Totals): Verdict {
  if (phase === 'Capturing') return verdict(CONDITION.capturing, 'True', 'Capturing', listening(run, totals));
  if (totals.captureStartTime === undefined) return verdict(CONDITION.capturing, 'False', 'NotStarted', run.result ? 'no tcpdump ever listened' : 'no tcpdump listens yet');
  const reason = totals.stopReason ?? run.stop?.reason ?? 'Ended';
  return verdict(CONDITION.capturing, 'False', reason, `tcpdump listened from ${totals.captureStartTime} to ${totals.stopTime ?? 'an unknown time'}; it ended by ${reason}`);
}

const listening = (run: Run, totals: Totals): string => `tcpdump listens to ${totals.targets.filter((t) => t.state === 'Capturing').length} of ${run.targets.length} targets`;

/** What the bucket says now. The store's own words go to the destination's status: a tenant reads the code alone. */
function delivered({ delivery, ledger }: Totals): Verdict {
  if (delivery && !delivery.ok) {
    const status = delivery.httpStatus === undefined ? '' : ` (HTTP ${delivery.httpStatus})`;
    return verdict(CONDITION.delivered, 'False', delivery.reason ?? 'StoreError', `the bucket does not take files: ${delivery.reason ?? 'StoreError'}${status}; ${ledger.files.pending} files wait on the node and are tried again`);
  }
  if (ledger.files.pending > 0) return verdict(CONDITION.delivered, 'Unknown', 'Pending', `${ledger.files.uploaded} files are in the bucket, ${ledger.files.pending} are still on the node`);
  return verdict(CONDITION.delivered, 'True', 'Delivered', `${ledger.files.uploaded} files are in the bucket and were read back`);
}

/** Ready, with Reconciling or Stalled beside it, as kstatus reads them. */
function readiness(phase: Phase, facts: Facts): Verdict[] {
  const { run, totals, accepted: problem, obstacle } = facts;
  if (problem) return notReady(problem);
  if (run?.result?.outcome === 'Failed') return notReady({ reason: run.result.reason, message: run.result.message, terminal: true });
  if (run?.result && totals) {
    const lossy = lossCondition(totals).status === 'True';
    return [verdict(CONDITION.ready, 'True', lossy ? 'CompleteWithLoss' : 'Complete', run.result.message)];
  }
  if (run && totals && (phase === 'Capturing' || phase === 'Uploading')) {
    const { packets } = totals.ledger;
    const now = phase === 'Capturing' ? listening(run, totals) : 'capturing has ended';
    return [verdict(CONDITION.ready, 'True', phase, `${now}; ${packets.captured} packets captured so far, ${packets.uploaded} of them in the bucket`)];
  }
  return notReady(obstacle ?? { reason: 'Starting', message: 'the capture pod is being created', terminal: false });
}

function notReady({ reason, message, terminal }: Obstacle): Verdict[] {
  return [verdict(CONDITION.ready, 'False', reason, message), verdict(terminal ? CONDITION.stalled : CONDITION.reconciling, 'True', reason, message)];
}
