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
  return parsed.spec === undefined || isSameJSON(identityOf(parsed.spec), identityOf(wanted));
}

type Json = Readonly<Record<string, unknown>>;

/** Whether two values are one as JSON, whatever the order of their keys; what is undefined is not there. */
export function isSameJSON(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object' || Array.isArray(a) !== Array.isArray(b)) return false;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, n) => isSameJSON(item, b[n]));
  const [own, others] = [a as Json, b as Json];
  return Object.keys(own).every((key) => isSameJSON(own[key], valueOf(others, key))) && Object.keys(others).every((key) => others[key] === undefined || valueOf(own, key) !== undefined);
}

/** A label may be called as something that every object inherits. */
const valueOf = (object: Json, key: string): unknown => (Object.hasOwn(object, key) ? object[key] : undefined);

/** JSON with sorted keys, so that equal values are equal texts. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, v: unknown) =>
    v !== null && typeof v === 'object' && !Array.isArray(v) ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1))) : v,
  );
}
