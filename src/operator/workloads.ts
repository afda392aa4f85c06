// The workloads that captures name: each watched by its name while a capture needs it, and of each its selector alone is kept.
import type { WorkloadRef } from '../api/capture-spec.js';
import type { Kube } from '../kube/kube.js';
import type { Log } from '../kube/log.js';
import type { KubeObject } from '../kube/object.js';
import { Reflector } from '../kube/reflector.js';
import type { Resource } from '../kube/resources.js';
import type { WorkloadObject } from '../plan/workload.js';

type Workload = KubeObject & WorkloadObject;

const resource = (group: string, plural: string): Resource => ({ group, version: 'v1', plural, namespaced: true });

const RESOURCES: Record<WorkloadRef['kind'], Resource> = {
  Deployment: resource('apps', 'deployments'),
  StatefulSet: resource('apps', 'statefulsets'),
  DaemonSet: resource('apps', 'daemonsets'),
  ReplicaSet: resource('apps', 'replicasets'),
  Job: resource('batch', 'jobs'),
  Service: resource('', 'services'),
};

function essence({ metadata: { name, namespace, uid, resourceVersion }, spec }: Workload): Workload {
  return { metadata: { name, uid, resourceVersion, ...(namespace !== undefined && { namespace }) }, spec: { ...(spec?.selector && { selector: spec.selector }) } };
}

interface Watched {
  reflector: Reflector<Workload>;
  /** UIDs of captures. */
  users: Set<string>;
}

export class Workloads {
  private readonly watched = new Map<string, Watched>();

  constructor(
    private readonly kube: Pick<Kube, 'list' | 'watch'>,
    private readonly log: Log,
    private readonly onChange: (user: string) => void,
  ) {}

  /** The workload, as soon as it is known whether there is one; watched from now on for this user. */
  async get(namespace: string, ref: WorkloadRef, user: string): Promise<WorkloadObject | undefined> {
    const key = `${namespace} ${ref.kind} ${ref.name}`;
    const entry = this.watched.get(key) ?? this.watch(key, namespace, ref);
    entry.users.add(user);
    await entry.reflector.hasSynced;
    return entry.reflector.store.list()[0];
  }

  private watch(key: string, namespace: string, { kind, name }: WorkloadRef): Watched {
    const users = new Set<string>();
    const reflector = new Reflector<Workload>(this.kube, RESOURCES[kind], { namespace, fieldSelector: `metadata.name=${name}`, transform: essence, log: this.log });
    reflector.addHandler(() => users.forEach(this.onChange));
    const entry = { reflector, users };
    this.watched.set(key, entry);
    reflector.start();
    return entry;
  }

  /** The user needs no workload any more. */
  release(user: string): void {
    for (const [key, { reflector, users }] of this.watched) {
      if (!users.delete(user) || users.size > 0) continue;
      this.watched.delete(key);
      void reflector.stop();
    }
  }

  async stop(): Promise<void> {
    await Promise.all([...this.watched.values()].map(({ reflector }) => reflector.stop()));
    this.watched.clear();
  }
}
