// What a sub-step finds: a condition without what time adds.
import { printable } from '../api/printable.js';
import type { Told } from '../api/reason-table.js';
import type { ConditionType } from '../api/reasons.js';

export interface Verdict {
  type: ConditionType;
  status: 'True' | 'False' | 'Unknown';
  reason: string;
  message: string;
}

export const verdict = <R extends string>(type: ConditionType, status: Verdict['status'], reason: Told<R>, message: string): Verdict => ({ type, status, reason, message: printable(message) });
