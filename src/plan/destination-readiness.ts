// Reconciling or Stalled of a destination that is not Ready, as kstatus reads them: whether it comes right by itself, or somebody has to edit it.
import { CONDITION, DELIVERY_REASON, DESTINATION_REASON } from '../api/reasons.js';
import { verdict, type Verdict } from './verdict.js';

/** What one probe says together. */
export const REPEATS_READY: ReadonlySet<string> = new Set([CONDITION.ready, CONDITION.reconciling, CONDITION.stalled]);

/** What may pass: a Secret that is applied a moment later, a store that starts. Any other answer stays the same until somebody mends what it names. */
const PASSES: ReadonlySet<string> = new Set([
  DESTINATION_REASON.credentialsNotFound,
  DESTINATION_REASON.serviceAccountNotFound,
  DESTINATION_REASON.caNotFound,
  DELIVERY_REASON.bucketUnreachable,
  DELIVERY_REASON.clockSkew,
  DELIVERY_REASON.storeError,
  DELIVERY_REASON.verificationFailed,
]);

/** What stands beside Ready. */
export function beside({ status, reason, message }: Verdict): Verdict[] {
  if (status === 'True') return [];
  return [verdict(PASSES.has(reason) ? CONDITION.reconciling : CONDITION.stalled, 'True', reason, message)];
}
