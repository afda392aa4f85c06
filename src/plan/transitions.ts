// Which turns of a capture's story become Events: each once, with the condition's own reason and message.
import type { PacketCaptureStatus } from '../api/packetcapture-status.js';
import { CONDITION, type ConditionType } from '../api/reasons.js';

export interface Transition {
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
}

type Conditions = PacketCaptureStatus['conditions'];
const find = (conditions: Conditions, type: ConditionType) => conditions?.find((c) => c.type === type);

export function transitions(before: PacketCaptureStatus | undefined, after: PacketCaptureStatus): Transition[] {
  const told: Transition[] = [];
  const tell = (type: ConditionType, kind: Transition['type'], reason: string): void => {
    told.push({ type: kind, reason, message: find(after.conditions, type)?.message ?? '' });
  };
  const turned = (type: ConditionType, status: string): string | undefined => {
    const now = find(after.conditions, type);
    const then = find(before?.conditions, type);
    return now?.status === status && (then?.status !== status || then.reason !== now.reason) ? now.reason : undefined;
  };
  const ready = turned(CONDITION.ready, 'True');
  if (ready !== undefined) tell(CONDITION.ready, 'Normal', ready);
  const waits = turned(CONDITION.reconciling, 'True');
  if (waits !== undefined) tell(CONDITION.reconciling, waits === 'Starting' ? 'Normal' : 'Warning', waits);
  const stalled = turned(CONDITION.stalled, 'True');
  if (stalled !== undefined) tell(CONDITION.stalled, 'Warning', stalled);
  const loss = turned(CONDITION.lossDetected, 'True');
  if (loss !== undefined) tell(CONDITION.lossDetected, 'Warning', loss);
  const undelivered = turned(CONDITION.delivered, 'False');
  if (undelivered !== undefined) tell(CONDITION.delivered, 'Warning', undelivered);
  const badToken = turned(CONDITION.accepted, 'True');
  if (badToken === 'InvalidSnapshotToken') tell(CONDITION.accepted, 'Warning', badToken);
  return [...told, ...snapshotsTold(before, after)];
}

/** Each snapshot once: that it is in the bucket, or that it was asked for in vain. */
function snapshotsTold(before: PacketCaptureStatus | undefined, after: PacketCaptureStatus): Transition[] {
  const told = (after.snapshots ?? []).flatMap((snapshot): Transition[] => {
    const then = before?.snapshots?.find(({ token }) => token === snapshot.token);
    return snapshot.completionTime === undefined || then?.completionTime !== undefined ? [] : [delivered(snapshot)];
  });
  const token = after.handled?.snapshot;
  // What stands on an object when it is first seen was asked of nobody.
  const isAsked = token !== undefined && token !== before?.handled?.snapshot && (before?.observedGeneration ?? -1) >= 0;
  const isMade = after.snapshots?.some((snapshot) => snapshot.token === token);
  return isAsked && !isMade ? [...told, { type: 'Normal', reason: 'SnapshotSkipped', message: `snapshot ${JSON.stringify(token)} delivers nothing: ${inVain(after.phase)}` }] : told;
}

function delivered({ token, packets, location }: NonNullable<PacketCaptureStatus['snapshots']>[number]): Transition {
  const name = `snapshot ${JSON.stringify(token)}`;
  const discarded = packets?.discarded ?? 0;
  if (discarded > 0) return { type: 'Warning', reason: 'SnapshotIncomplete', message: `${name}: ${packets?.uploaded} packets are in ${location}, ${discarded} were given up before they could be` };
  const what = packets?.captured === 0 ? 'the ring held nothing that an earlier one has not delivered' : `${packets?.uploaded} packets are in ${location}`;
  return { type: 'Normal', reason: 'SnapshotDelivered', message: `${name}: ${what}` };
}

function inVain(phase: string | undefined): string {
  if (phase === 'Suspended') return 'the capture is suspended, and what it had was delivered at the suspension';
  if (phase === 'Starting') return 'it was asked for before this run began';
  return 'capturing is over, and what the ring held was delivered at its end';
}
