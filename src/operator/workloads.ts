// The workloads that captures name: their kinds are watched in namespaces in which a capture needs them, and of each its selector alone is kept.
import type { WorkloadRef } from '../api/capture-spec.js';
import type { Kube } from '../kube/kube.js';
import type { Log } from '../kube/log.js';
import { objectKey, type KubeObject } from '../kube/object.js';
import { DAEMON_SETS, DEPLOYMENTS, JOBS, REPLICA_SETS, type Resource, SERVICES, STATEFUL_SETS } from '../kube/resources.js';
import type { WorkloadObject } from '../plan/workload.js';
import type { WatchMeter } from './caches.js';
import { SharedWatches } from './shared-watches.js';

type Workload = KubeObject & WorkloadObject;

const RESOURCES: Record<WorkloadRef['kind'], Resource> = { Deployment: DEPLOYMENTS, StatefulSet: STATEFUL_SETS, DaemonSet: DAEMON_SETS, ReplicaSet: REPLICA_SETS, Job: JOBS, Service: SERVICES };

function essence({ metadata: { name, namespace, uid, resourceVersion }, spec }: Workload): Workload {
  return { metadata: { name, uid, resourceVersion, ...(namespace !== undefined && { namespace }) }, spec: { ...(spec?.selector && { selector: spec.selector }) } };
}

export class Workloads {
  /** Users are UIDs of captures. One watch for a kind, not for a name: a tenant may have a thousand captures, each naming another workload. */
  private readonly watches: SharedWatches<Workload>;
  /** What each user named. */
  private readonly named = new Map<string, Set<string>>();

  constructor(kube: Pick<Kube, 'list' | 'watch'>, log: Log, onChange: (user: string) => void, onFailed?: WatchMeter) {
    this.watches = new SharedWatches(kube, log, ({ object: { metadata } }, users) => {
      const key = objectKey(metadata.namespace, metadata.name);
      for (const user of users) if (this.named.get(user)?.has(key)) onChange(user);
    }, onFailed);
  }

  /** The workload, as soon as it is known whether there is one; watched from now on for this user. Throws where that can't be known. */
  async get(namespace: string, { kind, name }: WorkloadRef, user: string): Promise<WorkloadObject | undefined> {
    const key = objectKey(namespace, name);
    this.named.set(user, (this.named.get(user) ?? new Set()).add(key));
    const { store, refusal } = await this.watches.need(`${namespace} ${kind}`, user, { resource: RESOURCES[kind], namespace, transform: essence });
    if (refusal !== undefined) throw new Error(refusal);
    return store.get(key);
  }

  /** The user needs no workload any more. */
  release(user: string): void {
    this.named.delete(user);
    this.watches.release(user);
  }

  stop(): Promise<void> {
    return this.watches.stop();
  }
}
