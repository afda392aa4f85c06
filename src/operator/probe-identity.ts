// Whose keys a destination's probe signs with: those of its Secret, or temporary ones for a token of its service account that the operator asks for.
import type { CaptureDestinationSpec } from '../api/destination.js';
import { CONDITION, DESTINATION_REASON } from '../api/reasons.js';
import { isForbidden, isInvalid, isNotFound, type KubeError } from '../kube/errors.js';
import type { Kube } from '../kube/kube.js';
import type { KubeObject } from '../kube/object.js';
import { SERVICE_ACCOUNTS } from '../kube/resources.js';
import { authOf } from '../plan/destination-auth.js';
import type { PinnedIdentity } from '../plan/record.js';
import { verdict, type Verdict } from '../plan/verdict.js';
import { credentialsFrom, type Credentials, type CredentialsReader } from '../storage/credentials.js';
import { credentialsFromWebIdentity } from '../storage/web-identity.js';

type S3 = CaptureDestinationSpec['s3'];

export interface ProbeEffects {
  kube: Kube;
  systemNamespace: string;
  jobsNamespace: string;
  now: () => number;
}

export type Signer = { credentials: CredentialsReader; verdict?: undefined } | { verdict: Verdict; credentials?: undefined };

/** What the store's own log calls a probe. */
const SESSION = 'packetcapture-operator';
/** The shortest that token services give. */
const SESSION_SECONDS = 900;
/** The shortest that the API server gives. */
const TOKEN_SECONDS = 600;

/** `keys`: of the destination's Secret, base64. `verdict`: there are no keys to ask the bucket with, and this is to be said of it. */
export async function signerOf(s3: S3, keys: Record<string, string>, pem: string | undefined, { kube, systemNamespace, jobsNamespace, now }: ProbeEffects): Promise<Signer> {
  const { identity, secretName } = authOf(s3);
  if (!identity) {
    return { credentials: () => Promise.resolve().then(() => credentialsOfSecret(keys, `${systemNamespace}/${secretName}`)) };
  }
  const account = `ServiceAccount "${jobsNamespace}/${identity.serviceAccountName}"`;
  try {
    const token = await tokenOf(identity, kube, jobsNamespace);
    const role = { stsEndpoint: identity.stsEndpoint, region: s3.region, roleARN: identity.roleARN, sessionName: SESSION, durationSeconds: SESSION_SECONDS };
    return { credentials: credentialsFromWebIdentity({ ...role, token: () => Promise.resolve(token), authorities: () => Promise.resolve(pem) }, { now }) };
  } catch (error) {
    // The default: the right to ask for a token is a strong one, and nobody has to give it.
    if (isForbidden(error)) return { verdict: verdict(CONDITION.ready, 'True', DESTINATION_REASON.notProbed, `the operator may not ask for a token of ${account}, so bucket "${s3.bucket}" was not asked: the first capture tells; docs/workload-identity.md says how to have it probed`) };
    if (isNotFound(error) || isInvalid(error)) return { verdict: verdict(CONDITION.ready, 'False', DESTINATION_REASON.serviceAccountNotFound, `no token of ${account}: ${(error as KubeError).message}; create it, or correct spec.s3.auth.workloadIdentity`) };
    throw error;
  }
}

/** `keys`: base64, as a Secret has them. Throws a StorageError where they are none. */
export const credentialsOfSecret = (keys: Record<string, string>, name: string): Credentials =>
  credentialsFrom(Object.fromEntries(Object.entries(keys).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()])), `Secret "${name}"`);

/** By TokenRequest: for the destination's token service alone, and for ten minutes. */
export async function tokenOf({ serviceAccountName, audience }: PinnedIdentity, kube: Kube, namespace: string): Promise<string> {
  const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', metadata: { name: serviceAccountName }, spec: { audiences: [audience], expirationSeconds: TOKEN_SECONDS } };
  const { status } = await kube.create<KubeObject & { status: { token: string } }>(SERVICE_ACCOUNTS, namespace, request, { subresource: 'token' });
  return status.token;
}
