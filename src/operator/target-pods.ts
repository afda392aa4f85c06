// The pods that captures may name: watched only in namespaces in which a capture needs them, and let go with the last one. Where captures name them, only those are kept.
import type { Kube } from '../kube/kube.js';
import type { Log } from '../kube/log.js';
import { keyOf, objectKey, type KubeObject, type ObjectKey } from '../kube/object.js';
import { PODS } from '../kube/resources.js';
import type { PodObject } from '../plan/objects.js';
import { Turns } from '../tcpdump/turns.js';
import type { WatchMeter } from './caches.js';
import { isSame } from './same.js';
import { SharedWatches, type Known } from './shared-watches.js';

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

/** A page of pods as they are sent, and all that was made of it, is thrown away at once: namespaces that are begun together would do that all at the same time. */
const PAGE_SIZE = 100;
const LISTS_AT_A_TIME = 2;

interface NamedPod {
  users: Set<string>;
  adopted?: Promise<void>;
  /** It is read for those that wait for it. */
  isRead?: boolean;
}

export class TargetPods {
  /** By namespace; users are UIDs of captures. */
  private readonly watches: SharedWatches<Pod>;
  private readonly kube: Pick<Kube, 'list' | 'watch'>;
  /** The pods that captures name, and whether what is stored of them is all there is to know. */
  private readonly named = new Map<ObjectKey, NamedPod>();
  private readonly namedBy = new Map<string, Set<ObjectKey>>();

  constructor(kube: Pick<Kube, 'list' | 'watch'>, log: Log, onChange: (user: string, pod: PodObject) => void, onFailed?: WatchMeter) {
    const turns = new Turns(LISTS_AT_A_TIME);
    this.kube = { ...kube, list: (resource, namespace, options) => turns.run(namespace ?? '', () => kube.list(resource, namespace, options)) };
    this.watches = new SharedWatches(this.kube, log, ({ object, previous }, users) => {
      // Its status is written every few seconds, and seldom in what is kept of it.
      if (previous ? isSame(object, previous) : this.named.get(keyOf(object))?.isRead) return;
      for (const user of users) onChange(user, object);
    }, onFailed);
  }

  /** The pods of a namespace, as soon as all are known; watched from now on for this user. Throws where they can't be. */
  async list(namespace: string, user: string): Promise<PodObject[]> {
    const { store, refusal } = await this.watches.need(namespace, user, { resource: PODS, namespace, transform: essence, pageSize: PAGE_SIZE });
    if (refusal !== undefined) throw new Error(refusal);
    return store.list();
  }

  /** Those of them that have these names. Of a namespace in which all captures name pods nothing else is kept, however many there are. */
  async withNames(namespace: string, names: readonly string[], user: string): Promise<PodObject[]> {
    const watched = `${namespace} by name`;
    const isOpen = this.watches.known(watched) !== undefined;
    const keys = names.map((name) => this.name(objectKey(namespace, name), user));
    // What is listed from now on has those of these names in it.
    if (!isOpen) for (const key of keys) this.entryOf(key).adopted ??= Promise.resolve();
    const { store, refusal, adopt } = await this.watches.need(watched, user, { resource: PODS, namespace, transform: essence, pageSize: PAGE_SIZE, keep: (pod) => this.named.has(keyOf(pod)) });
    if (refusal !== undefined) throw new Error(refusal);
    await Promise.all(names.map((name) => this.adopt(namespace, name, adopt)));
    return keys.flatMap((key) => store.get(key) ?? []);
  }

  /** The user needs no pods any more, wherever it did. */
  release(user: string): void {
    for (const key of this.namedBy.get(user) ?? []) {
      const users = this.named.get(key)?.users;
      users?.delete(user);
      if (users?.size === 0) this.named.delete(key);
    }
    this.namedBy.delete(user);
    this.watches.release(user);
  }

  stop(): Promise<void> {
    return this.watches.stop();
  }

  private name(key: ObjectKey, user: string): ObjectKey {
    this.entryOf(key).users.add(user);
    this.namedBy.set(user, (this.namedBy.get(user) ?? new Set()).add(key));
    return key;
  }

  private entryOf(key: ObjectKey): NamedPod {
    const entry = this.named.get(key) ?? { users: new Set<string>() };
    this.named.set(key, entry);
    return entry;
  }

  /** A list narrowed to the name, since a watch is all that the operator may do besides. One that fails is tried anew by whoever asks next. */
  private async adopt(namespace: string, name: string, adopt: Known<Pod>['adopt']): Promise<void> {
    const key = objectKey(namespace, name);
    const entry = this.named.get(key);
    if (!entry) return;
    entry.adopted ??= this.read(entry, () => adopt(key, async () => (await this.kube.list<Pod>(PODS, namespace, { fieldSelector: `metadata.name=${name}` })).items[0]));
    await entry.adopted;
  }

  private async read(entry: NamedPod, adopt: () => Promise<void>): Promise<void> {
    entry.isRead = true;
    try {
      await adopt();
    } catch (error) {
      delete entry.adopted;
      throw error;
    } finally {
      entry.isRead = false;
    }
  }
}
