// Which turns of a capture's story become Events: each once, with the condition's own reason and message.
import type { PacketCaptureStatus } from '../api/packetcapture-status.js';
import { CONDITION, type ConditionType } from '../api/reasons.js';
import { snapshotsTold } from './snapshots-told.js';
import { targetsTold } from './targets-told.js';
import { tell, type Transition } from './tell.js';

/**
 * Level-triggered: told is what differs between the status that was there and the one that was written. A status whose writer died before it
 * told of it stays untold, and nothing is told twice.
 */
export function transitions(before: PacketCaptureStatus | undefined, after: PacketCaptureStatus): Transition[] {
  return [...runTold(before, after), ...conditionsTold(before, after), ...targetsTold(before, after), ...snapshotsTold(before, after)];
}

const isNewRun = (before: PacketCaptureStatus | undefined, { run }: PacketCaptureStatus): boolean => run?.id !== undefined && run.id !== before?.run?.id;

function runTold(before: PacketCaptureStatus | undefined, after: PacketCaptureStatus): Transition[] {
  if (!isNewRun(before, after)) return [];
  const { run, summary, previousRuns } = after;
  const former = previousRuns?.find(({ id }) => id === before?.run?.id);
  const place = former && former.completionTime === undefined ? `; run ${former.id} stops capturing and delivers beside it` : '';
  return [tell('RunStarted', `run ${run?.id} of ${summary?.target ?? 'its target'} on ${summary?.nodes ?? 'no node yet'} begins; its files go to ${run?.location}${place}`)];
}

type Conditions = PacketCaptureStatus['conditions'];
const find = (conditions: Conditions, type: ConditionType) => conditions?.find((c) => c.type === type);

function conditionsTold(before: PacketCaptureStatus | undefined, after: PacketCaptureStatus): Transition[] {
  const now = (type: ConditionType) => find(after.conditions, type);
  const then = (type: ConditionType) => find(before?.conditions, type);
  /** The condition, where it turned to one of these. */
  const turned = (type: ConditionType, ...statuses: string[]) => {
    const condition = now(type);
    return condition && statuses.includes(condition.status ?? '') && (then(type)?.status !== condition.status || then(type)?.reason !== condition.reason) ? condition : undefined;
  };
  const ready = now(CONDITION.ready);
  const isSaid = (reason: string | undefined): boolean => reason === ready?.reason;
  const capturing = turned(CONDITION.capturing, 'True');
  const loss = turned(CONDITION.lossDetected, 'True', 'Unknown');
  const accepted = turned(CONDITION.accepted, 'True');
  const told = [
    turned(CONDITION.ready, 'True'),
    // The beginning of a run says it already.
    isSaid('Starting') && isNewRun(before, after) ? undefined : turned(CONDITION.reconciling, 'True'),
    turned(CONDITION.stalled, 'True'),
    isSaid(capturing?.reason) ? undefined : capturing,
    isSaid(loss?.reason) ? undefined : loss,
    turned(CONDITION.delivered, 'False'),
    accepted?.reason === CONDITION.accepted ? undefined : accepted,
  ].flatMap((condition) => (condition ? [tell(condition.reason ?? '', condition.message ?? '')] : []));
  return [...told, ...deliveryResumed(then(CONDITION.delivered), now(CONDITION.delivered))];
}

type MaybeCondition = ReturnType<typeof find>;

/** Who read that the bucket refuses wants to read that it does no more. */
const deliveryResumed = (then: MaybeCondition, now: MaybeCondition): Transition[] =>
  then?.status === 'False' && now !== undefined && now.status !== 'False' ? [tell('DeliveryResumed', `the bucket takes files again: ${now.message ?? ''}`)] : [];
