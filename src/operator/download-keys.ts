// Whose keys sign the URLs of downloads, and until when they are good: those of a destination's Secret, or temporary ones.
import type { CaptureDestinationSpec } from '../api/destination.js';
import { isForbidden, isInvalid, isNotFound } from '../kube/errors.js';
import type { Kube } from '../kube/kube.js';
import { authOf } from '../plan/destination-auth.js';
import { waiting, type Obstacle } from '../plan/waiting.js';
import type { Credentials } from '../storage/credentials.js';
import { assumeRole } from '../storage/sts/assume-role.js';
import { credentialsOfSecret, tokenOf } from './probe-identity.js';

export interface KeyEffects {
  kube: Kube;
  systemNamespace: string;
  jobsNamespace: string;
}

/** `endMs`: where it is known. */
export type DownloadKeys = { credentials: Credentials; endMs?: number; obstacle?: undefined } | { obstacle: Obstacle };

/** What the store's own log calls those who download. */
const SESSION = 'packetcapture-download';
/** The shortest that token services give, and the longest that they give without more being set up. */
const SESSION_SECONDS = { least: 900, most: 3600 };

/** `keys`: of the destination's Secret, base64. Rejects with a StorageError. */
export async function keysFor(s3: CaptureDestinationSpec['s3'], keys: Record<string, string>, pem: string | undefined, expiryMs: number, { kube, systemNamespace, jobsNamespace }: KeyEffects): Promise<DownloadKeys> {
  const { identity, secretName } = authOf(s3);
  if (!identity) return { credentials: credentialsOfSecret(keys, `${systemNamespace}/${secretName}`) };
  let token: string;
  try {
    token = await tokenOf(identity, kube, jobsNamespace);
  } catch (error) {
    if (!isForbidden(error) && !isNotFound(error) && !isInvalid(error)) throw error;
    return { obstacle: waiting('SigningRefused', 'the destination signs by the identity of a ServiceAccount, and the operator could not have a token of it; docs/workload-identity.md says how to let it') };
  }
  const durationSeconds = Math.min(Math.max(Math.ceil(expiryMs / 1000), SESSION_SECONDS.least), SESSION_SECONDS.most);
  const { credentials, expirationMs } = await assumeRole({ stsEndpoint: identity.stsEndpoint, region: s3.region, roleARN: identity.roleARN, sessionName: SESSION, durationSeconds }, token, { ca: pem });
  return { credentials, endMs: expirationMs };
}
