// The conditions of a capture: those of its run, each from its own facts, and Ready, which is derived.
import type { Condition } from '../api/fields.js';
import { CONDITION, STOP_REASON } from '../api/reasons.js';
import { named } from './counted.js';
import { delivered } from './delivered.js';
import { listening, phaseOf, type Facts, type Phase } from './facts.js';
import type { LeftOut } from './follow.js';
import { lossCondition } from './loss.js';
import { readiness } from './readiness.js';
import type { Run } from './record.js';
import { isSuspended } from './suspension.js';
import type { Totals } from './totals.js';
import { verdict, type Verdict } from './verdict.js';

export function conditionsOf(facts: Facts, previous: unknown, now: number): { phase: Phase; conditions: Condition[] } {
  const phase = phaseOf(facts);
  const verdicts = [accepted(facts), ...runVerdicts(phase, facts), ...readiness(phase, facts)];
  return { phase, conditions: verdicts.map((v) => stamp(v, facts.generation, previous, now)) };
}

/** Room for a filter of the largest size and what tcpdump says of it. */
const MESSAGE_MAX_LENGTH = 8192;

/** lastTransitionTime moves only when the status does. */
export function stamp(v: Verdict, generation: number, previous: unknown, now: number): Condition {
  const earlier = Array.isArray(previous) ? (previous as Condition[]).find((c) => c.type === v.type) : undefined;
  const since = earlier?.status === v.status ? earlier.lastTransitionTime : undefined;
  return { ...v, message: v.message.slice(0, MESSAGE_MAX_LENGTH), observedGeneration: generation, lastTransitionTime: since ?? new Date(now).toISOString().replace(/\.\d{3}Z$/, 'Z') };
}

function accepted({ run, accepted: problem, badToken }: Facts): Verdict {
  if (problem) return verdict(CONDITION.accepted, 'False', problem.reason, problem.message);
  // Only in the target's own network namespace can a filter be compiled for the real link type.
  if (run?.result?.outcome === 'Failed' && run.result.reason === 'InvalidFilter') return verdict(CONDITION.accepted, 'False', 'InvalidFilter', run.result.message);
  if (badToken) return verdict(CONDITION.accepted, 'True', badToken.reason, `the spec is valid; ${badToken.message}`);
  return verdict(CONDITION.accepted, 'True', 'Accepted', 'the spec is valid');
}

function runVerdicts(phase: Phase, facts: Facts): Verdict[] {
  const { run, totals, policy } = facts;
  if (!run || !totals) return [];
  const { result } = run;
  const { packets } = totals.ledger;
  const released = packets.released > 0 ? `; the ring let ${packets.released} go, as it was asked to` : '';
  return [
    capturing(phase, run, totals, facts.leftOut),
    delivered({ ...facts, totals }),
    lossCondition(totals, policy),
    verdict(CONDITION.complete, result?.outcome === 'Complete' ? 'True' : 'False', result?.reason ?? phase, result?.message ?? `${packets.uploaded} of ${packets.captured} packets are in the bucket so far${released}`),
    verdict(CONDITION.failed, result?.outcome === 'Failed' ? 'True' : 'False', result?.outcome === 'Failed' ? result.reason : phase, result?.outcome === 'Failed' ? result.message : `phase ${phase}`),
    verdict(CONDITION.finished, result ? 'True' : 'False', result ? result.outcome : phase, result?.message ?? `phase ${phase}`),
  ];
}

function capturing(phase: Phase, run: Run, totals: Totals, leftOut: LeftOut[]): Verdict {
  if (phase === 'Capturing') return verdict(CONDITION.capturing, 'True', leftOut.length > 0 ? 'TargetsLeftOut' : 'Capturing', `${listening(run, totals)}${isSuspended(run) ? '; it is being suspended' : ''}${without(leftOut)}`);
  if (phase === 'Suspended') return verdict(CONDITION.capturing, 'False', STOP_REASON.suspended, `no tcpdump listens: spec.suspend is true since ${run.suspended?.since}`);
  if (totals.captureStartTime === undefined) return verdict(CONDITION.capturing, 'False', 'NotStarted', run.result ? 'no tcpdump ever listened' : 'no tcpdump listens yet');
  const reason = totals.stopReason ?? run.stop?.reason ?? 'Ended';
  return verdict(CONDITION.capturing, 'False', reason, `tcpdump listened from ${totals.captureStartTime} to ${totals.stopTime ?? 'an unknown time'}; it ended by ${reason}`);
}

const LEFT_OUT_NAMED = 10;

const WHY_LEFT_OUT: Record<string, string> = {
  [STOP_REASON.maxTargets]: 'spec.target.maxTargets allows no more at a time',
  Queued: 'on their nodes run as many captures as the operator allows (--max-captures-per-node)',
  NodeEnded: "this run's part on their nodes is over",
  HostNetworkRefused: "they are on the node's own network",
  StaticPodRefused: 'they are static pods',
};

/** The pods that are named and not captured, and why, for people. */
function without(leftOut: LeftOut[]): string {
  const reasons = [...new Set(leftOut.map(({ reason }) => reason))];
  return reasons
    .map((reason) => {
      const names = leftOut.filter((pod) => pod.reason === reason).map(({ podName }) => podName);
      return `; left out: ${named(names, LEFT_OUT_NAMED)} (${WHY_LEFT_OUT[reason] ?? reason})`;
    })
    .join('');
}
