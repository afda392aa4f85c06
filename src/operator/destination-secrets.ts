// What a destination's spec refers to in the operator's namespace: the Secret of its keys, the ConfigMap of its authorities.
import { captureDestinationSpecSchema } from '../api/destination.js';
import { objectKey } from '../kube/object.js';
import { authoritiesOf, type Authorities } from '../plan/authorities.js';
import { credentialsOf, NO_KEYS, runSecretOf, type Credentials } from '../plan/destination.js';
import { authOf, type Auth } from '../plan/destination-auth.js';
import type { SecretObject } from '../plan/objects.js';
import type { Caches } from './caches.js';

type Sources = Pick<Caches, 'keys' | 'authorities'>;

export interface Referred {
  credentials: Credentials;
  authorities: Authorities;
  /** Changes with every change of what is referred to. */
  version: string;
}

/** undefined: the spec can't be read. */
export function referredBy(spec: unknown, { keys, authorities }: Sources, namespace: string): Referred | undefined {
  const parsed = captureDestinationSpecSchema.safeParse(spec);
  if (!parsed.success) return undefined;
  const { tls } = parsed.data.s3;
  const auth = authOf(parsed.data.s3);
  const secret = auth.secretName === undefined ? undefined : keys.store.get(objectKey(namespace, auth.secretName));
  const configMap = tls && authorities.store.get(objectKey(namespace, tls.caRef.name));
  const versions = [secret, configMap].map((object) => `${object?.metadata.uid} ${object?.metadata.resourceVersion}`);
  return { credentials: keysOf(auth, namespace, secret), authorities: authoritiesOf(tls?.caRef, namespace, configMap), version: versions.join(' ') };
}

function keysOf({ problem, secretName }: Auth, namespace: string, secret: SecretObject | undefined): Credentials {
  if (problem !== undefined) return { problem };
  return secretName === undefined ? NO_KEYS : credentialsOf(secretName, namespace, secret);
}

export function runSecretFor(spec: unknown, sources: Sources, namespace: string): Credentials {
  const referred = referredBy(spec, sources, namespace);
  return referred ? runSecretOf(referred.credentials, referred.authorities) : { problem: "the destination's spec can't be read" };
}

/** Name of the ConfigMap that a spec names; undefined where it names none. */
export function caNameOf(spec: unknown): string | undefined {
  const parsed = captureDestinationSpecSchema.safeParse(spec);
  return parsed.success ? parsed.data.s3.tls?.caRef.name : undefined;
}
