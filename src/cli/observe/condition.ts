// A condition of a capture by its type, and the words that stand in it, fit for a terminal.
import type { Condition } from '../../api/fields.js';
import { printable } from '../../api/printable.js';
import type { ConditionType } from '../../api/reasons.js';
import type { CaptureObject } from '../capture.js';

export const conditionOf = ({ status }: CaptureObject, type: ConditionType): Condition | undefined => status?.conditions?.find((condition) => condition.type === type);

export const isTrue = (capture: CaptureObject, type: ConditionType): boolean => conditionOf(capture, type)?.status === 'True';

/** `Reason: message` */
export function wordsOf(condition: Pick<Condition, 'reason' | 'message'> | undefined): string {
  const { reason, message } = condition ?? {};
  return printable([reason, message].filter((word) => word !== undefined && word !== '').join(': '));
}

/** The operator has looked at the newest spec: what the status says is of it. */
export const isCurrent = ({ metadata, status }: CaptureObject): boolean => (status?.observedGeneration ?? -1) >= (metadata.generation ?? 0);
