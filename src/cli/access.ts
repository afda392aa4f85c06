// Whether the API server would let this user do something: a SelfSubjectAccessReview, which anybody may make.
import type { Kube } from '../kube/kube.js';
import type { KubeObject } from '../kube/object.js';
import { SELF_SUBJECT_ACCESS_REVIEWS } from '../kube/resources.js';

export interface ResourceAttributes {
  namespace?: string;
  verb: string;
  group: string;
  resource: string;
  subresource?: string;
}

export async function isAllowed(kube: Kube, resourceAttributes: ResourceAttributes): Promise<boolean> {
  const review = await kube.create<KubeObject & { status?: { allowed?: boolean } }>(SELF_SUBJECT_ACCESS_REVIEWS, undefined, { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', metadata: {}, spec: { resourceAttributes } });
  return review.status?.allowed === true;
}
