// What a sub-step finds: a condition without what time adds.
import type { ConditionType } from '../api/reasons.js';

export interface Verdict {
  type: ConditionType;
  status: 'True' | 'False' | 'Unknown';
  reason: string;
  message: string;
}

export const verdict = (type: ConditionType, status: Verdict['status'], reason: string, message: string): Verdict => ({ type, status, reason, message });
