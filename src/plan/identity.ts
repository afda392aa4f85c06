// Whether a run is the one that a spec asks for: the parsed identity fields (all but those that may change while it lasts), never the text.
import { parseCaptureSpec, type CaptureSpec } from '../api/capture-spec.js';

type Limits = 'durationMs' | 'maxSizeBytes' | 'maxPackets' | 'maxTargets';
export type IdentityFields = Omit<CaptureSpec, Limits | 'suspend'>;

export function identityOf(spec: CaptureSpec): IdentityFields {
  const identity: Partial<CaptureSpec> = { ...spec };
  delete identity.durationMs;
  delete identity.maxSizeBytes;
  delete identity.maxPackets;
  delete identity.maxTargets;
  delete identity.suspend;
  return identity as IdentityFields;
}

/** The limits that act on a running run. */
export function limitsOf({ durationMs, maxSizeBytes, maxPackets, maxTargets }: { durationMs: number; maxSizeBytes?: number | undefined; maxPackets?: number | undefined; maxTargets: number }): Pick<CaptureSpec, Limits> {
  return { durationMs, maxTargets, ...(maxSizeBytes !== undefined && { maxSizeBytes }), ...(maxPackets !== undefined && { maxPackets }) };
}

/** Whether the raw spec of a run record asks for the same run as a parsed one. A record that today's schema can't read matches: nothing is captured twice for a doubt. */
export function sameRun(recorded: unknown, wanted: CaptureSpec): boolean {
  const parsed = parseCaptureSpec(recorded);
  return parsed.spec === undefined || canonical(identityOf(parsed.spec)) === canonical(identityOf(wanted));
}

/** JSON with sorted keys, so that equal values are equal texts. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, v: unknown) =>
    v !== null && typeof v === 'object' && !Array.isArray(v) ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1))) : v,
  );
}
