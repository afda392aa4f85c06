// Which destination a capture uses, and whether it can be used now.
import { DEFAULT_DESTINATION_ANNOTATION } from '../api/group.js';
import { captureDestinationSpecSchema, type CaptureDestinationSpec, type CaptureDestinationStatus } from '../api/destination.js';
import { AUTHORITIES_KEY, type Authorities } from './authorities.js';
import { defaultDestination, isDefault } from './default-destination.js';
import type { ObjectMeta, SecretObject } from './objects.js';
import type { PinnedDestination } from './record.js';
import { refused, waiting, type Obstacle } from './waiting.js';

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

/** The destination that a capture named (or the default one, where it named none), if it is Ready. */
export function chooseDestination(name: string | undefined, all: DestinationObject[]): ChosenDestination {
  const destination = name === undefined ? defaultDestination(all) : all.find((d) => d.metadata.name === name);
  if (!destination) {
    return {
      obstacle:
        name === undefined
          ? waiting('NoDefaultDestination', `spec.storage.destinationRef is absent and no ClusterCaptureDestination is the default; name one, or annotate one with ${DEFAULT_DESTINATION_ANNOTATION}="true"`)
          : waiting('DestinationNotFound', `ClusterCaptureDestination "${name}" does not exist; create it, or name another in spec.storage.destinationRef`),
    };
  }
  const parsed = captureDestinationSpecSchema.safeParse(destination.spec);
  if (!parsed.success) return { obstacle: waiting('DestinationNotReady', `ClusterCaptureDestination "${destination.metadata.name}" has a spec that can't be read`) };
  const ready = destination.status?.conditions?.find((c) => c.type === 'Ready');
  if (ready?.status !== 'True' || ready.observedGeneration !== destination.metadata.generation) {
    const why = ready?.status === 'False' ? `: ${ready.reason ?? 'not ready'}` : ': not probed yet';
    return { obstacle: waiting('DestinationNotReady', `ClusterCaptureDestination "${destination.metadata.name}" is not ready${why}; its owner sees more with: kubectl describe clustercapturedestination ${destination.metadata.name}`) };
  }
  const { endpoint, region, bucket, prefix = '', addressing } = parsed.data.s3;
  return {
    usable: {
      pinned: { name: destination.metadata.name, ...(endpoint !== undefined && { endpoint }), region, bucket, prefix, addressing },
      spec: parsed.data,
    },
  };
}

const CREDENTIAL_KEYS = ['accessKeyId', 'secretAccessKey', 'sessionToken'] as const;

export type Credentials = { data: Record<string, string>; problem?: undefined } | { data?: undefined; problem: string };

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

/** Refuses prefixes whose segments S3 clients and file systems would resolve. */
export function destinationProblem(spec: unknown): Obstacle | undefined {
  const parsed = captureDestinationSpecSchema.safeParse(spec);
  if (!parsed.success) return refused('InvalidSpec', parsed.error.issues.map((issue) => `spec.${issue.path.join('.')}: ${issue.message}`).join('; '));
  const { prefix = '' } = parsed.data.s3;
  const dots = prefix.split('/').find((segment) => segment === '.' || segment === '..');
  return dots === undefined ? undefined : refused('InvalidSpec', `spec.s3.prefix "${prefix}": holds a segment "${dots}"; use plain names such as "clusters/prod/"`);
}
