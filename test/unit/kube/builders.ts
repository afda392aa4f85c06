// Objects and errors for tests, with one-line overrides.
import { KubeError } from '../../../src/kube/errors.js';
import type { KubeObject, ObjectMeta } from '../../../src/kube/object.js';

export function anObject(name: string, metadata: Partial<ObjectMeta> = {}, rest: Record<string, unknown> = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'shop', uid: `uid-of-${name}`, resourceVersion: '1', ...metadata }, ...rest };
}

export const anError = (status: number, fields: { reason?: string; retryAfterSeconds?: number } = {}): KubeError =>
  new KubeError({ status, reason: fields.reason ?? `Status${status}`, message: `error ${status}`, retryAfterSeconds: fields.retryAfterSeconds });
