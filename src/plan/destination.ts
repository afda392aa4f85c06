// Which destination a capture uses, and whether it can be used now.
import { allows, isRestricted, type NamespaceLabels } from '../api/allowed-namespaces.js';
import { claimants, defaultDestination, isDefault } from '../api/default-destination.js';
import { DEFAULT_DESTINATION_ANNOTATION } from '../api/group.js';
import { captureDestinationSpecSchema, type CaptureDestinationSpec, type CaptureDestinationStatus } from '../api/destination.js';
import { AUTHORITIES_KEY, type Authorities } from './authorities.js';
import { authOf } from './destination-auth.js';
import { destinationProblem } from './destination-rules.js';
import type { ObjectMeta, SecretObject } from './objects.js';
import type { PinnedDestination } from './record.js';
import { waiting, type Obstacle } from './waiting.js';

export interface DestinationObject {
  metadata: ObjectMeta;
  spec: unknown;
  status?: CaptureDestinationStatus;
}

export interface UsableDestination {
  pinned: PinnedDestination;
  spec: CaptureDestinationSpec;
}

export type ChosenDestination = { usable: UsableDestination; obstacle?: undefined } | { usable?: undefined; obstacle: Obstacle };

/** What of a destination decides whether and how captures use it. */
export const usabilityOf = ({ metadata, spec, status }: DestinationObject): unknown => ({
  uid: metadata.uid,
  isDefault: isDefault({ metadata }),
  spec,
  ready: status?.conditions?.filter((c) => c.type === 'Ready').map(({ status: s, reason, observedGeneration }) => ({ status: s, reason, observedGeneration })),
});

/** Whether it takes the labels of the namespace to know which destination a capture uses. */
export const asksForLabels = (name: string | undefined, all: DestinationObject[]): boolean =>
  (name === undefined ? claimants(all) : all.filter((d) => d.metadata.name === name)).some(isRestricted);

/** Where captures of one namespace come from. */
export interface Tenant {
  namespace: string;
  labels: NamespaceLabels;
}

/**
 * The destination that a capture named (or the default one of its namespace, where it named none), if the namespace may use it and it is Ready.
 * What a tenant reads of another's destination is its name, which he gave: no selector, no labels, not how it stands.
 */
export function chooseDestination(name: string | undefined, { namespace, labels }: Tenant, all: DestinationObject[]): ChosenDestination {
  const destination = name === undefined ? defaultDestination(all, labels) : all.find((d) => d.metadata.name === name);
  if (!destination) return { obstacle: name === undefined ? withoutDefault(namespace, all) : waiting('DestinationNotFound', `ClusterCaptureDestination "${name}" does not exist; create it, or name another in spec.storage.destinationRef`) };
  if (!allows(destination, labels)) {
    return { obstacle: waiting('NamespaceNotAllowed', `ClusterCaptureDestination "${destination.metadata.name}" takes no captures of namespace "${namespace}"; ask its owner to allow the namespace (its spec.allowedNamespaces and the labels of the namespace decide), or name another in spec.storage.destinationRef`) };
  }
  const { spec, obstacle } = readySpec(destination);
  if (!spec) return { obstacle };
  const { encryption, prefix = '' } = spec.s3;
  const { identity } = authOf(spec.s3);
  return { usable: { pinned: { name: destination.metadata.name, ...placeOf(spec), prefix, ...(encryption && { encryption }), ...(identity && { identity }) }, spec } };
}

/** The spec of a destination that is Ready. */
export function readySpec({ metadata: { name, generation }, spec, status }: DestinationObject): { spec: CaptureDestinationSpec; obstacle?: undefined } | { spec?: undefined; obstacle: Obstacle } {
  const parsed = captureDestinationSpecSchema.safeParse(spec);
  const more = `its owner sees more with: kubectl describe clustercapturedestination ${name}`;
  if (!parsed.success || destinationProblem(spec)) return { obstacle: waiting('DestinationNotReady', `ClusterCaptureDestination "${name}" has a spec that can't be used; ${more}`) };
  const ready = status?.conditions?.find((c) => c.type === 'Ready');
  if (ready?.status === 'True' && ready.observedGeneration === generation) return { spec: parsed.data };
  const why = ready?.status === 'False' ? `: ${ready.reason ?? 'not ready'}` : ': not probed yet';
  return { obstacle: waiting('DestinationNotReady', `ClusterCaptureDestination "${name}" is not ready${why}; ${more}`) };
}

function withoutDefault(namespace: string, all: DestinationObject[]): Obstacle {
  if (claimants(all).length === 0) return waiting('NoDefaultDestination', `spec.storage.destinationRef is absent and no ClusterCaptureDestination is the default; name one, or annotate one with ${DEFAULT_DESTINATION_ANNOTATION}="true"`);
  return waiting('NamespaceNotAllowed', `spec.storage.destinationRef is absent, and no default ClusterCaptureDestination takes captures of namespace "${namespace}"; ask the owner of one to allow the namespace (its spec.allowedNamespaces and the labels of the namespace decide), or name another`);
}

/** Where objects go, and how they are addressed there. */
const placeOf = ({ s3: { endpoint, region, bucket, addressing } }: CaptureDestinationSpec) => ({ ...(endpoint !== undefined && { endpoint }), region, bucket, addressing });

/**
 * The destination whose keys a run uses now: its own, while that one is still for the same bucket at the same service. One that is
 * gone, or was edited to be elsewhere, gives a run nothing any more: its keys are meant for another store, and never go to this one.
 * Nor does one that signs in another way now: the Job's volumes are what they were made.
 */
export function sourceOfKeys(pinned: PinnedDestination, all: DestinationObject[]): DestinationObject | undefined {
  const source = all.find((d) => d.metadata.name === pinned.name);
  const spec = captureDestinationSpecSchema.safeParse(source?.spec).data;
  if (!spec) return undefined;
  if ((authOf(spec.s3).identity !== undefined) !== (pinned.identity !== undefined)) return undefined;
  const now = placeOf(spec);
  return now.endpoint === pinned.endpoint && (now.endpoint !== undefined || now.region === pinned.region) && now.bucket === pinned.bucket ? source : undefined;
}

const CREDENTIAL_KEYS = ['accessKeyId', 'secretAccessKey', 'sessionToken'] as const;

export type Credentials = { data: Record<string, string>; problem?: undefined } | { data?: undefined; problem: string };

/** A destination without a Secret: its keys are made where they are used. */
export const NO_KEYS: Credentials = { data: {} };

/** The keys of a destination's Secret (base64, as Secrets hold them), and nothing else of it. */
export function credentialsOf(secretName: string, namespace: string, secret: SecretObject | undefined): Credentials {
  if (!secret) return { problem: `Secret "${namespace}/${secretName}" does not exist; create it with the keys accessKeyId and secretAccessKey` };
  const data: Record<string, string> = {};
  for (const key of CREDENTIAL_KEYS) {
    const value = secret.data?.[key];
    if (value) data[key] = value;
    else if (key !== 'sessionToken') return { problem: `Secret "${namespace}/${secretName}" has no key ${key}; it needs accessKeyId and secretAccessKey` };
  }
  return { data };
}

/** What a run's Secret holds: the keys, and the authorities where the destination names them. */
export function runSecretOf(credentials: Credentials, authorities: Authorities): Credentials {
  if (credentials.problem !== undefined) return credentials;
  if (authorities.problem !== undefined) return { problem: authorities.problem.message };
  return { data: { ...credentials.data, ...(authorities.pem !== undefined && { [AUTHORITIES_KEY]: Buffer.from(authorities.pem).toString('base64') }) } };
}
