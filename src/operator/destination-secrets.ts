// What a destination's spec refers to in the operator's namespace: the Secret of its keys, the ConfigMap of its authorities.
import { captureDestinationSpecSchema } from '../api/destination.js';
import { DESTINATION_REASON } from '../api/reasons.js';
import { authoritiesOf, type Authorities, type ConfigMapObject } from '../plan/authorities.js';
import { credentialsOf, NO_KEYS, runSecretOf, type Credentials } from '../plan/destination.js';
import { authOf, type Auth } from '../plan/destination-auth.js';
import type { SecretObject } from '../plan/objects.js';

/** An object, where there is one; or why that can't be told. */
interface Found<T> {
  object?: T;
  refusal?: string;
}

export interface Sources {
  secret(name: string): Found<SecretObject>;
  configMap(name: string): Found<ConfigMapObject>;
}

export interface Referred {
  credentials: Credentials;
  authorities: Authorities;
  /** Changes with every change of what is referred to. */
  version: string;
}

/** undefined: the spec can't be read. */
export function referredBy(spec: unknown, sources: Sources, namespace: string): Referred | undefined {
  const parsed = captureDestinationSpecSchema.safeParse(spec);
  if (!parsed.success) return undefined;
  const { tls } = parsed.data.s3;
  const auth = authOf(parsed.data.s3);
  const secret = auth.secretName === undefined ? undefined : sources.secret(auth.secretName);
  const configMap = tls && sources.configMap(tls.caRef.name);
  const versions = [secret, configMap].map((found) => found?.refusal ?? `${found?.object?.metadata.uid} ${found?.object?.metadata.resourceVersion}`);
  return { credentials: keysOf(auth, namespace, secret), authorities: trustedIn(tls?.caRef, namespace, configMap), version: versions.join(' ') };
}

function keysOf({ problem, secretName }: Auth, namespace: string, secret: Found<SecretObject> | undefined): Credentials {
  if (problem !== undefined) return { problem };
  if (secretName === undefined) return NO_KEYS;
  return secret?.refusal === undefined ? credentialsOf(secretName, namespace, secret?.object) : { problem: unreadable('Secret', namespace, secretName, secret.refusal) };
}

function trustedIn(caRef: Parameters<typeof authoritiesOf>[0], namespace: string, configMap: Found<ConfigMapObject> | undefined): Authorities {
  if (caRef === undefined || configMap?.refusal === undefined) return authoritiesOf(caRef, namespace, configMap?.object);
  return { problem: { reason: DESTINATION_REASON.caNotFound, message: unreadable('ConfigMap', namespace, caRef.name, configMap.refusal) } };
}

const unreadable = (kind: string, namespace: string, name: string, refusal: string): string => `${kind} "${namespace}/${name}" can't be read: ${refusal}; let the operator's Role in that namespace list and watch it`;

export function runSecretFor(referred: Referred | undefined): Credentials {
  return referred ? runSecretOf(referred.credentials, referred.authorities) : { problem: "the destination's spec can't be read" };
}
