// Whose identity signs for a destination: static keys of a Secret, or temporary ones for the capture pod's own token. One of the two, whole.
import type { CaptureDestinationSpec } from '../api/destination.js';
import type { PinnedIdentity } from './record.js';

type S3 = CaptureDestinationSpec['s3'];

export type Auth = { secretName: string; identity?: undefined; problem?: undefined } | { identity: PinnedIdentity; secretName?: undefined; problem?: undefined } | { problem: string; secretName?: undefined; identity?: undefined };

/** An audience by which API servers commonly know themselves: a token for it would be a key to the cluster. */
const API_SERVER_AUDIENCE = /^(https:\/\/)?(kubernetes(\.default(\.svc(\..+)?)?)?|api)(:\d+)?\/?$/i;
/** What AWS calls its regions: others would name another host. */
const AWS_REGION = /^[a-z0-9-]+$/;

/** Who signs, by the type that the spec names, or why nobody can. */
export function authOf(s3: S3): Auth {
  const { type, secretRef, workloadIdentity } = s3.auth;
  if (type === 'Secret') {
    if (workloadIdentity) return { problem: 'spec.s3.auth.workloadIdentity: is only for type WorkloadIdentity, and type is "Secret"; set type: WorkloadIdentity, or remove it' };
    return secretRef ? { secretName: secretRef.name } : { problem: 'spec.s3.auth.secretRef: is absent, and type "Secret" needs it; name the Secret with the keys, or set type: WorkloadIdentity' };
  }
  if (secretRef) return { problem: `spec.s3.auth.secretRef "${secretRef.name}": is only for type Secret, and type is "WorkloadIdentity"; remove it, or set type: Secret` };
  if (!workloadIdentity) return { problem: 'spec.s3.auth.workloadIdentity: is absent, and type "WorkloadIdentity" needs it; give serviceAccountName and roleARN' };
  const { serviceAccountName, roleARN, stsEndpoint, audience } = workloadIdentity;
  if (API_SERVER_AUDIENCE.test(audience)) return { problem: `spec.s3.auth.workloadIdentity.audience "${audience}": is the API server's own, so the token would be a key to the cluster; use the audience that the role trusts, such as "sts.amazonaws.com"` };
  if (stsEndpoint !== undefined && !URL.canParse(stsEndpoint)) return { problem: `spec.s3.auth.workloadIdentity.stsEndpoint "${stsEndpoint}": is no URL; use https://, a host and perhaps a port, such as "https://sts.example.com:9000"` };
  // No guess: whoever gets the token can use it.
  if (stsEndpoint === undefined && s3.endpoint !== undefined) return { problem: `spec.s3.auth.workloadIdentity.stsEndpoint: is absent, and spec.s3.endpoint is "${s3.endpoint}"; say where that store exchanges tokens (https only; MinIO and Ceph do it at the S3 endpoint)` };
  if (stsEndpoint === undefined && !AWS_REGION.test(s3.region)) return { problem: `spec.s3.region "${s3.region}": is no region of AWS; correct it, or give spec.s3.auth.workloadIdentity.stsEndpoint` };
  return { identity: { serviceAccountName, roleARN, ...(stsEndpoint !== undefined && { stsEndpoint }), audience } };
}
