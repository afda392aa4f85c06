// Whether two states of an object differ in what somebody reads.
import type { KubeObject } from '../kube/object.js';
import { isSameJSON } from '../plan/identity.js';

/** The same but for its resourceVersion, and for these fields of its metadata. */
export function isSame(a: KubeObject, b: KubeObject, ...but: string[]): boolean {
  const rest = ({ metadata, ...others }: KubeObject): object => ({ ...others, metadata: Object.fromEntries(Object.entries(metadata).filter(([field]) => field !== 'resourceVersion' && !but.includes(field))) });
  return isSameJSON(rest(a), rest(b));
}
