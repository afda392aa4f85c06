// The workloads that captures name: each watched by its name while a capture needs it, and of each its selector alone is kept.
import type { WorkloadRef } from '../api/capture-spec.js';
import type { Kube } from '../kube/kube.js';
import type { Log } from '../kube/log.js';
import type { KubeObject } from '../kube/object.js';
import type { Resource } from '../kube/resources.js';
import type { WorkloadObject } from '../plan/workload.js';
import { SharedWatches } from './shared-watches.js';

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

export class Workloads {
  /** Users are UIDs of captures. */
  private readonly watches: SharedWatches<Workload>;

  constructor(kube: Pick<Kube, 'list' | 'watch'>, log: Log, onChange: (user: string) => void) {
    this.watches = new SharedWatches(kube, log, (_event, users) => users.forEach((user) => onChange(user)));
  }

  /** The workload, as soon as it is known whether there is one; watched from now on for this user. Throws where that can't be known. */
  async get(namespace: string, { kind, name }: WorkloadRef, user: string): Promise<WorkloadObject | undefined> {
    const { store, refusal } = await this.watches.need(`${namespace} ${kind} ${name}`, user, { resource: RESOURCES[kind], namespace, fieldSelector: `metadata.name=${name}`, transform: essence });
    if (refusal !== undefined) throw new Error(refusal);
    return store.list()[0];
  }

  /** The user needs no workload any more. */
  release(user: string): void {
    this.watches.release(user);
  }

  stop(): Promise<void> {
    return this.watches.stop();
  }
}
