// The operator's skeleton: @dot-i/k8s-operator's lifecycle, resource events and finalizer protocol, over our own reflector and client.
import Dot, { ResourceEventType, type ResourceEvent, type ResourceMeta } from '@dot-i/k8s-operator';
import { FINALIZER, GROUP, VERSION } from '../api/group.js';
import type { Kube } from '../kube/kube.js';
import type { Log } from '../kube/log.js';
import type { KubeObject } from '../kube/object.js';
import type { Reflector, ReflectorEvent } from '../kube/reflector.js';
import type { Resource } from '../kube/resources.js';
import type { CaptureObject } from '../plan/objects.js';
import type { Finalizers } from './act.js';
import type { Caches } from './caches.js';
import { isOfCapture } from './echoes.js';
import { API_KIND, CLUSTER_CAPTURE_DESTINATIONS, PACKET_CAPTURES } from '../api/kinds.js';

export interface SkeletonParts {
  kube: Kube;
  log: Log;
  caches: Pick<Caches, 'captures' | 'destinations'>;
  /** `isEcho`: most likely of a write of ours. */
  onCapture: (uid: string, isEcho: boolean) => void;
  onDestination: (name: string) => void;
}

/** With what was known before. */
interface Change extends ResourceEvent {
  change?: ReflectorEvent<KubeObject>;
}

/** Its watch would end the process on a TCP reset and lose handlers' errors, and its writes swallow failures: all of them are overridden. */
export class Skeleton extends Dot.default implements Finalizers {
  private readonly started: Reflector<KubeObject>[] = [];

  constructor(private readonly parts: SkeletonParts) {
    super({
      debug: (message) => parts.log.debug({}, message),
      info: (message) => parts.log.info({}, message),
      warn: (message) => parts.log.warn({}, message),
      error: (message) => parts.log.error({}, message),
    });
  }

  protected override async init(): Promise<void> {
    const { onCapture, onDestination } = this.parts;
    await this.watchResource(GROUP, VERSION, PACKET_CAPTURES.plural, (event: Change) => {
      onCapture(event.object.metadata?.uid ?? '', event.change !== undefined && isOfCapture(event.change));
      return Promise.resolve();
    });
    await this.watchResource(GROUP, VERSION, CLUSTER_CAPTURE_DESTINATIONS.plural, (event) => {
      onDestination(event.meta.name);
      return Promise.resolve();
    });
  }

  /** Resolves once everything that exists was seen. Handlers only enqueue keys. */
  protected override async watchResource(group: string, version: string, plural: string, onEvent: (event: Change) => Promise<void>): Promise<void> {
    const { caches } = this.parts;
    const reflector = (plural === PACKET_CAPTURES.plural ? caches.captures : caches.destinations) as unknown as Reflector<KubeObject>;
    const kind = plural === PACKET_CAPTURES.plural ? API_KIND.capture : API_KIND.destination;
    reflector.addHandler((change) => {
      const { type, object } = change;
      const { name, namespace, resourceVersion } = object.metadata;
      const meta: ResourceMeta = { id: `${plural}.${group}/${version}`, name, resourceVersion, apiVersion: `${group}/${version}`, kind, ...(namespace !== undefined && { namespace }) };
      void onEvent({ meta, type: type as ResourceEventType, object: object as unknown as ResourceEvent['object'], change });
    });
    this.started.push(reflector);
    reflector.start();
    await reflector.hasSynced;
  }

  override stop(): void {
    super.stop();
    for (const reflector of this.started) void reflector.stop();
  }

  protected override async setResourceFinalizers(meta: ResourceMeta, finalizers: string[]): Promise<void> {
    const patched = await this.parts.kube.patch<KubeObject>(resourceOf(meta), meta.namespace, meta.name, { metadata: { resourceVersion: meta.resourceVersion, finalizers } }, { type: 'merge' });
    meta.resourceVersion = patched.metadata.resourceVersion ?? meta.resourceVersion;
  }

  protected override async setResourceStatus(meta: ResourceMeta, status: unknown): Promise<null> {
    await this.patchResourceStatus(meta, status);
    return null;
  }

  protected override async patchResourceStatus(meta: ResourceMeta, status: unknown): Promise<null> {
    await this.parts.kube.patch(resourceOf(meta), meta.namespace, meta.name, { metadata: { resourceVersion: meta.resourceVersion }, status }, { type: 'merge', subresource: 'status' });
    return null;
  }

  async add(capture: CaptureObject): Promise<string | undefined> {
    const event = finalizerEvent(capture);
    if (!capture.metadata.deletionTimestamp) await this.handleResourceFinalizer(event, FINALIZER, () => Promise.resolve());
    return event.meta.resourceVersion;
  }

  /** What has to be done before a deletion is decided and done by then: only the finalizer is left. */
  async remove(capture: CaptureObject): Promise<void> {
    const event = finalizerEvent(capture);
    const finalizers = capture.metadata.finalizers ?? [];
    if (!finalizers.includes(FINALIZER)) return;
    if (capture.metadata.deletionTimestamp) await this.handleResourceFinalizer(event, FINALIZER, () => Promise.resolve());
    else await this.setResourceFinalizers(event.meta, finalizers.filter((f) => f !== FINALIZER));
  }
}

const resourceOf = (meta: ResourceMeta): Resource => (meta.kind === API_KIND.capture ? PACKET_CAPTURES : CLUSTER_CAPTURE_DESTINATIONS);

/** A copy: the library changes the list of finalizers in place. */
function finalizerEvent(capture: CaptureObject): ResourceEvent {
  const object = structuredClone(capture);
  const { name, namespace, resourceVersion } = object.metadata;
  const meta: ResourceMeta = { id: '', name, namespace, resourceVersion: resourceVersion ?? '', apiVersion: object.apiVersion ?? '', kind: API_KIND.capture };
  return { meta, type: ResourceEventType.Modified, object: object as unknown as ResourceEvent['object'] };
}
