// What the operator keeps of the cluster: our own objects, and everything of ours in the jobs namespace. Handlers only enqueue keys.
import { LABEL, LIVE_ANNOTATION, MANAGED_BY, SNAPSHOT_ANNOTATION, STOP_ANNOTATION } from '../api/group.js';
import type { Kube } from '../kube/kube.js';
import { listAll } from '../kube/listing.js';
import type { Log } from '../kube/log.js';
import type { KubeObject } from '../kube/object.js';
import { Reflector } from '../kube/reflector.js';
import { CONFIG_MAPS, JOBS, PODS, SECRETS, type Resource } from '../kube/resources.js';
import type { Indexer } from '../kube/store.js';
import type { DestinationObject } from '../plan/destination.js';
import { placeKey, placesOf, readHoldings, type Holdings } from '../plan/places.js';
import { RECORD_KEY, type RecordConfigMap } from '../plan/record.js';
import { TOKEN_MAX_LENGTH } from '../plan/snapshots.js';
import type { CaptureObject, JobObject, PodObject, SecretObject } from '../plan/objects.js';
import { CLUSTER_CAPTURE_DESTINATIONS, PACKET_CAPTURES } from '../api/kinds.js';
import { CONTROL_ANNOTATION } from '../protocol/control.js';

export const BY_CAPTURE = 'capture';
export const BY_PLACE = 'place';

/** Run records are read live at every turn: the cache knows that they exist, and what their runs take up. One that says nothing takes nothing. */
export type RecordEssence = KubeObject & { holdings?: Holdings };

/** Told the plural of a resource whose list or watch failed and is begun anew. */
export type WatchMeter = (resource: string) => void;

export interface Caches {
  captures: Reflector<KubeObject & CaptureObject>;
  destinations: Reflector<KubeObject & DestinationObject>;
  records: Reflector<RecordEssence>;
  jobs: Reflector<KubeObject & JobObject>;
  pods: Reflector<KubeObject & PodObject>;
  /** Run Secrets in the jobs namespace. */
  secrets: Reflector<KubeObject & SecretObject>;
}

const captureUIDOf = (object: KubeObject): string[] => {
  const uid = object.metadata.labels?.[LABEL.captureUID];
  return uid === undefined ? [] : [uid];
};

/** managedFields are most of an object's size, and nobody here reads them. */
export function withoutManagedFields<T extends KubeObject>(object: T): T {
  const { managedFields: _dropped, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** Of what people write on a capture only the requests are read, and no more of them than shows whether they can be used: annotations may be large, and captures many. */
export function withoutForeignMetadata<T extends KubeObject>(object: T): T {
  const { labels: _labels, annotations, ...metadata } = withoutManagedFields(object).metadata;
  const requests = [STOP_ANNOTATION, SNAPSHOT_ANNOTATION, LIVE_ANNOTATION].flatMap((key) => (annotations?.[key] === undefined ? [] : [[key, annotations[key].slice(0, TOKEN_MAX_LENGTH + 1)]]));
  return { ...object, metadata: { ...metadata, ...(requests.length > 0 && { annotations: Object.fromEntries(requests) as Record<string, string> }) } };
}

/** Of a capture Job its template is most, and of its pod the spec that was made of it: whoever decides looks at how they are. */
export function jobEssence(job: KubeObject & JobObject): KubeObject & JobObject {
  const { annotations: _annotations, ...metadata } = withoutManagedFields(job).metadata;
  return { metadata, spec: { ...(job.spec?.parallelism !== undefined && { parallelism: job.spec.parallelism }) }, ...(job.status && { status: job.status }) };
}

export function podEssence(pod: KubeObject & PodObject): KubeObject & PodObject {
  const { annotations, ownerReferences: _owners, ...metadata } = withoutManagedFields(pod).metadata;
  const control = annotations?.[CONTROL_ANNOTATION];
  const { phase, reason, message, conditions, containerStatuses } = pod.status ?? {};
  return {
    metadata: { ...metadata, ...(control !== undefined && { annotations: { [CONTROL_ANNOTATION]: control } }) },
    spec: { ...(pod.spec.nodeName !== undefined && { nodeName: pod.spec.nodeName }) },
    status: {
      ...(phase !== undefined && { phase }),
      ...(reason !== undefined && { reason }),
      ...(message !== undefined && { message }),
      ...(conditions && { conditions }),
      ...(containerStatuses && { containerStatuses: containerStatuses.map(({ name, state, lastState, restartCount }) => ({ name, ...(state && { state }), ...(lastState && { lastState }), ...(restartCount !== undefined && { restartCount }) })) }),
    },
  };
}

/** All run records as they are now; the cache may lag behind. */
export async function liveRecords(kube: Kube, jobsNamespace: string): Promise<RecordEssence[]> {
  const { items } = await listAll<RecordEssence>(kube, CONFIG_MAPS, jobsNamespace, { labelSelector: `${LABEL.component}=run-record`, pageSize: 100, transform: recordEssence });
  return items;
}

export function recordEssence(object: RecordEssence): RecordEssence {
  const { data, ...rest } = withoutManagedFields(object);
  const holdings = readHoldings((data as RecordConfigMap['data'])?.[RECORD_KEY]);
  return { ...rest, ...(holdings && { holdings }) };
}

const placesOfRecord = ({ holdings }: RecordEssence): string[] => (holdings ? placesOf(holdings).map(placeKey) : []);

export function createCaches(kube: Kube, jobsNamespace: string, log: Log, onFailed: WatchMeter = () => undefined): Caches {
  const told = ({ plural }: Resource) => ({ log, onFailed: () => onFailed(plural) });
  const ours = <T extends KubeObject>(resource: Resource, component?: string, transform: (object: T) => T = withoutManagedFields, indexers: Readonly<Record<string, Indexer<T>>> = {}): Reflector<T> =>
    new Reflector<T>(kube, resource, {
      namespace: jobsNamespace,
      labelSelector: `${LABEL.managedBy}=${MANAGED_BY}${component === undefined ? '' : `,${LABEL.component}=${component}`}`,
      transform,
      indexers: { [BY_CAPTURE]: captureUIDOf, ...indexers },
      ...told(resource),
    });
  return {
    captures: new Reflector(kube, PACKET_CAPTURES, { transform: withoutForeignMetadata, indexers: { uid: (c) => [c.metadata.uid], namespace: (c) => [c.metadata.namespace ?? ''] }, ...told(PACKET_CAPTURES) }),
    destinations: new Reflector(kube, CLUSTER_CAPTURE_DESTINATIONS, { transform: withoutManagedFields, ...told(CLUSTER_CAPTURE_DESTINATIONS) }),
    records: ours(CONFIG_MAPS, 'run-record', recordEssence, { [BY_PLACE]: placesOfRecord }),
    jobs: ours(JOBS, undefined, jobEssence),
    pods: ours(PODS, undefined, podEssence),
    secrets: ours(SECRETS, 'credentials'),
  };
}
