// Whether two states of an object differ in what somebody reads.
import type { KubeObject } from '../kube/object.js';
import { canonical } from '../plan/identity.js';

/** The same but for its resourceVersion, and for these fields of its metadata. */
export function isSame(a: KubeObject, b: KubeObject, ...but: string[]): boolean {
  const rest = ({ metadata, ...others }: KubeObject): string => canonical({ ...others, metadata: Object.fromEntries(Object.entries(metadata).filter(([field]) => field !== 'resourceVersion' && !but.includes(field))) });
  return rest(a) === rest(b);
}
