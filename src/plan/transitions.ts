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
  return told;
}
