// The pods that captures may name: watched only in namespaces in which a capture needs them, and let go with the last one.
import type { Kube } from '../kube/kube.js';
import type { Log } from '../kube/log.js';
import type { KubeObject } from '../kube/object.js';
import { PODS } from '../kube/resources.js';
import { canonical } from '../plan/identity.js';
import type { PodObject } from '../plan/objects.js';
import type { WatchMeter } from './caches.js';
import { SharedWatches } from './shared-watches.js';

type Pod = KubeObject & PodObject;

/** What decisions read of a pod, and nothing else: namespaces may hold thousands. */
function essence(pod: Pod): Pod {
  const { name, namespace, uid, resourceVersion, creationTimestamp, deletionTimestamp, labels, annotations } = pod.metadata;
  const mirror = annotations?.['kubernetes.io/config.mirror'];
  const { nodeName, hostNetwork } = pod.spec;
  const { phase, podIP, podIPs } = pod.status ?? {};
  return {
    metadata: {
      name,
      uid,
      resourceVersion,
      ...(namespace !== undefined && { namespace }),
      ...(creationTimestamp !== undefined && { creationTimestamp }),
      ...(deletionTimestamp !== undefined && { deletionTimestamp }),
      ...(labels !== undefined && { labels }),
      ...(mirror !== undefined && { annotations: { 'kubernetes.io/config.mirror': mirror } }),
    },
    spec: { ...(nodeName !== undefined && { nodeName }), ...(hostNetwork !== undefined && { hostNetwork }) },
    status: { ...(phase !== undefined && { phase }), ...(podIP !== undefined && { podIP }), ...(podIPs !== undefined && { podIPs }) },
  };
}

/** A pod's status is written every few seconds, and seldom in what is kept of it. */
function differ(a: Pod, b: Pod): boolean {
  const { resourceVersion: _a, ...metadata } = a.metadata;
  const { resourceVersion: _b, ...former } = b.metadata;
  return canonical({ ...a, metadata }) !== canonical({ ...b, metadata: former });
}

export class TargetPods {
  /** By namespace; users are UIDs of captures. */
  private readonly watches: SharedWatches<Pod>;

  constructor(kube: Pick<Kube, 'list' | 'watch'>, log: Log, onChange: (user: string, pod: PodObject) => void, onFailed?: WatchMeter) {
    this.watches = new SharedWatches(kube, log, ({ object, previous }, users) => {
      if (!previous || differ(object, previous)) for (const user of users) onChange(user, object);
    }, onFailed);
  }

  /** The pods of a namespace, as soon as all are known; watched from now on for this user. Throws where they can't be. */
  async list(namespace: string, user: string): Promise<PodObject[]> {
    const { store, refusal } = await this.watches.need(namespace, user, { resource: PODS, namespace, transform: essence });
    if (refusal !== undefined) throw new Error(refusal);
    return store.list();
  }

  /** The user needs no pods any more, wherever it did. */
  release(user: string): void {
    this.watches.release(user);
  }

  stop(): Promise<void> {
    return this.watches.stop();
  }
}
