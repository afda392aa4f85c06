// The pods that captures may name: watched only in namespaces in which a capture needs them, and let go with the last one.
import type { Kube } from '../kube/kube.js';
import type { Log } from '../kube/log.js';
import type { KubeObject } from '../kube/object.js';
import { Reflector } from '../kube/reflector.js';
import { PODS } from '../kube/resources.js';
import { canonical } from '../plan/identity.js';
import type { PodObject } from '../plan/objects.js';

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
  /** Users are UIDs of captures. */
  private readonly watched = new Map<string, { reflector: Reflector<Pod>; users: Set<string> }>();

  constructor(
    private readonly kube: Pick<Kube, 'list' | 'watch'>,
    private readonly log: Log,
    private readonly onChange: (user: string, pod: PodObject) => void,
  ) {}

  /** The pods of a namespace, as soon as all are known; watched from now on for this user. */
  async list(namespace: string, user: string): Promise<PodObject[]> {
    let entry = this.watched.get(namespace);
    if (!entry) {
      const users = new Set<string>();
      const reflector = new Reflector<Pod>(this.kube, PODS, { namespace, transform: essence, log: this.log });
      reflector.addHandler(({ object, previous }) => {
        if (!previous || differ(object, previous)) for (const watcher of users) this.onChange(watcher, object);
      });
      entry = { reflector, users };
      this.watched.set(namespace, entry);
      reflector.start();
    }
    entry.users.add(user);
    await entry.reflector.hasSynced;
    return entry.reflector.store.list();
  }

  /** The user needs no pods any more, wherever it did. */
  release(user: string): void {
    for (const [namespace, { reflector, users }] of this.watched) {
      if (!users.delete(user) || users.size > 0) continue;
      this.watched.delete(namespace);
      void reflector.stop();
    }
  }

  async stop(): Promise<void> {
    await Promise.all([...this.watched.values()].map(({ reflector }) => reflector.stop()));
    this.watched.clear();
  }
}
