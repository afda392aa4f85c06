// A coordination.k8s.io/v1 Lease as leader election writes it: field by field what client-go does, so that other tools can read it.
import type { KubeObject } from './object.js';

export interface LeaseSpec {
  /** Absent or empty: nobody's. */
  holderIdentity?: string;
  leaseDurationSeconds?: number;
  acquireTime?: string;
  renewTime?: string;
  /** How often it went from one holder to another. */
  leaseTransitions?: number;
}

export interface Lease extends KubeObject {
  spec?: LeaseSpec;
}

export const holderOf = (lease: Lease): string => lease.spec?.holderIdentity ?? '';

/** What `identity` writes to have the lease from now on, or to have it for longer. `now`: wall clock, ms. */
export function heldSpec(before: LeaseSpec | undefined, identity: string, durationSeconds: number, now: number): LeaseSpec {
  const transitions = before?.leaseTransitions ?? 0;
  const isRenewal = before?.holderIdentity === identity;
  return {
    holderIdentity: identity,
    leaseDurationSeconds: durationSeconds,
    acquireTime: (isRenewal ? before.acquireTime : undefined) ?? microTime(now),
    renewTime: microTime(now),
    leaseTransitions: before === undefined || isRenewal ? transitions : transitions + 1,
  };
}

/** What its holder writes to let go of it: whoever sees that need not wait. A duration of 0 is refused by the API server. */
export const releasedSpec = (before: LeaseSpec | undefined, now: number): LeaseSpec => ({
  holderIdentity: '',
  leaseDurationSeconds: 1,
  acquireTime: microTime(now),
  renewTime: microTime(now),
  leaseTransitions: before?.leaseTransitions ?? 0,
});

/** MicroTime is read with exactly six digits. */
const microTime = (ms: number): string => new Date(ms).toISOString().replace('Z', '000Z');
