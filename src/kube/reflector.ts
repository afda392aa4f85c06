// Keeps a store equal to what the API server has: LIST, then WATCH, and over again whatever the network does.
import { type BackoffLimits, backoffMs } from './backoff.js';
import { type Clock, pause, type Random, systemClock } from './clock.js';
import { isAborted, isGone, KubeError } from './errors.js';
import type { Kube, WatchEvent } from './kube.js';
import { listAll } from './listing.js';
import { type Log, silent } from './log.js';
import { type KubeObject, keyOf, type ObjectKey } from './object.js';
import type { Resource } from './resources.js';
import { type Indexer, type ReadonlyStore, Store } from './store.js';

export interface ReflectorEvent<T> {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  key: ObjectKey;
  /** As stored; for DELETED as last known. */
  object: T;
  /** What was stored before; only of MODIFIED. */
  previous?: T;
}

export interface ReflectorOptions<T> {
  /** Absent: all namespaces. */
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
  /** Drops what nobody reads, before it is stored. */
  transform?: (object: T) => T;
  /** What is not kept is not stored, and nobody is told of it. What begins to be is to be adopted. */
  keep?: (object: T) => boolean;
  indexers?: Readonly<Record<string, Indexer<T>>>;
  pageSize?: number;
  /** A watch lasts a random time between these. Default 5 to 10 minutes. */
  watchSeconds?: readonly [min: number, max: number];
  /** A watch that is still there so long after its time is a dead connection. */
  watchGraceMs?: number;
  /** Between any two watches or lists. Default 0.5 to 30 s. */
  backoff?: BackoffLimits;
  clock?: Clock;
  random?: Random;
  log?: Log;
  /** Told of each list and watch that failed; it goes on trying. */
  onFailed?: (error: unknown) => void;
}

const BACKOFF: BackoffLimits = { initialMs: 500, maxMs: 30_000 };
/** A watch that lived so long, or its whole time, was healthy: the next failure begins anew. */
const HEALTHY_MS = 30_000;
/** A server that answers so often that it cannot resume may be another one, restored from a backup: a LIST finds out. */
const MAX_REFUSALS = 5;
/** No answer, or a server that is busy or starting: says nothing about our place in its history. */
const NOT_A_REFUSAL = new Set([0, 429, 503]);

export class Reflector<T extends KubeObject> {
  readonly store: ReadonlyStore<T>;
  /** true once the store is complete and handlers have seen it; false where the reflector was stopped before. */
  readonly hasSynced: Promise<boolean>;

  readonly #kube: Pick<Kube, 'list' | 'watch'>;
  readonly #resource: Resource;
  readonly #options: ReflectorOptions<T>;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #log: Log;
  readonly #store: Store<T>;
  readonly #handlers = new Set<(event: ReflectorEvent<T>) => void>();
  readonly #stopping = new AbortController();
  #markSynced!: (synced: boolean) => void;
  #running: Promise<void> | undefined;
  /** Where the next watch goes on; undefined: a LIST is needed. */
  #resumeFrom: string | undefined;
  /** What is being adopted, and whether it was heard of since that began. */
  readonly #adopting = new Map<ObjectKey, boolean>();
  /** In a row, of any kind: what the backoff grows by. */
  #failures = 0;
  #refusals = 0;

  constructor(kube: Pick<Kube, 'list' | 'watch'>, resource: Resource, options: ReflectorOptions<T> = {}) {
    this.#kube = kube;
    this.#resource = resource;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#log = options.log ?? silent;
    this.store = this.#store = new Store(options.indexers);
    this.hasSynced = new Promise((resolve) => (this.#markSynced = resolve));
  }

  /** Handlers run after the store has changed; they should only add a key to a queue. One added late misses what came before. */
  addHandler(handler: (event: ReflectorEvent<T>) => void): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Stores what was passed over until `keep` wanted it, as `read` finds it; what is heard of it meanwhile is newer. Of one key one at a time. */
  async adopt(key: ObjectKey, read: () => Promise<T | undefined>): Promise<void> {
    this.#adopting.set(key, false);
    try {
      const object = await read();
      if (object && this.#adopting.get(key) === false) this.#put(this.#transform(object));
    } finally {
      this.#adopting.delete(key);
    }
  }

  /** Resolves when nothing more will happen. The store stays readable. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    this.#markSynced(false);
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        if (this.#resumeFrom === undefined) await this.#list();
        if (signal.aborted) return;
        await this.#watch();
      } catch (error) {
        if (signal.aborted) return;
        this.#failed(error);
      }
      await pause(this.#clock, backoffMs(this.#options.backoff ?? BACKOFF, Math.max(0, this.#failures - 1), this.#random), signal);
    }
  }

  async #list(): Promise<void> {
    const { namespace, labelSelector, fieldSelector, pageSize } = this.#options;
    const transform = (object: T): T => this.#transform(object);
    const { items, resourceVersion } = await listAll<T>(this.#kube, this.#resource, namespace, { labelSelector, fieldSelector, pageSize, transform, signal: this.#stopping.signal });
    const vanished = new Map(this.#store.list().map((object) => [keyOf(object), object]));
    for (const object of items) vanished.delete(keyOf(object));
    for (const object of vanished.values()) this.#remove(object);
    for (const object of items) this.#put(object);
    for (const key of this.#adopting.keys()) this.#adopting.set(key, true);
    this.#resumeFrom = resourceVersion;
    this.#refusals = 0;
    this.#markSynced(true);
    this.#log.debug({ resource: this.#resource.plural, objects: items.length, resourceVersion }, 'listed');
  }

  async #watch(): Promise<void> {
    const { namespace, labelSelector, fieldSelector, watchSeconds: [min, max] = [300, 600], watchGraceMs = 15_000 } = this.#options;
    const timeoutSeconds = Math.round(min + this.#random() * (max - min));
    const startedAt = this.#clock.monotonic();
    const watching = new AbortController();
    const abort = (): void => watching.abort();
    // The server ends a watch after timeoutSeconds. One that lives on has nobody at its other end.
    const stopWatchdog = this.#clock.schedule(timeoutSeconds * 1000 + watchGraceMs, abort);
    this.#stopping.signal.addEventListener('abort', abort, { once: true });
    const healthyMs = Math.min(HEALTHY_MS, timeoutSeconds * 900);
    try {
      const resourceVersion = this.#resumeFrom ?? '';
      for await (const event of this.#kube.watch<T>(this.#resource, namespace, { resourceVersion, labelSelector, fieldSelector, timeoutSeconds, signal: watching.signal })) this.#apply(event);
      this.#failures = this.#clock.monotonic() - startedAt >= healthyMs ? 0 : this.#failures + 1;
    } catch (error) {
      if (this.#clock.monotonic() - startedAt >= healthyMs) this.#failures = 0;
      throw error;
    } finally {
      stopWatchdog();
      this.#stopping.signal.removeEventListener('abort', abort);
    }
  }

  #apply(event: WatchEvent<T>): void {
    switch (event.type) {
      case 'ERROR':
        this.#resumeFrom = undefined;
        throw event.error;
      case 'BOOKMARK':
        break;
      case 'DELETED':
        this.#hear(event.object);
        this.#remove(this.#transform(event.object));
        break;
      case 'ADDED':
      case 'MODIFIED':
        this.#hear(event.object);
        this.#put(this.#transform(event.object));
        break;
      default:
        event satisfies never;
    }
    this.#resumeFrom = event.object.metadata.resourceVersion;
    this.#refusals = 0;
  }

  #failed(error: unknown): void {
    this.#failures++;
    this.#options.onFailed?.(error);
    const resource = this.#resource.plural;
    if (error instanceof KubeError && !NOT_A_REFUSAL.has(error.status)) this.#refusals++;
    if (isGone(error) || this.#refusals >= MAX_REFUSALS) this.#resumeFrom = undefined;
    const next = this.#resumeFrom === undefined ? 'list' : 'resume';
    if (isGone(error) || isAborted(error)) this.#log.debug({ err: error, resource, next }, 'watch ended');
    else this.#log.warn({ err: error, resource, next, failures: this.#failures }, error instanceof KubeError ? `cannot follow ${resource}: ${error.message}` : `cannot follow ${resource}`);
  }

  #hear(object: T): void {
    if (this.#adopting.has(keyOf(object))) this.#adopting.set(keyOf(object), true);
  }

  #put(object: T): void {
    if (this.#options.keep?.(object) === false) return this.#remove(object);
    const key = keyOf(object);
    const stored = this.#store.get(key);
    if (stored?.metadata.uid === object.metadata.uid && stored.metadata.resourceVersion === object.metadata.resourceVersion) return;
    // Another object of the same name: nobody may take the successor for the one that went.
    if (stored && stored.metadata.uid !== object.metadata.uid) this.#remove(stored);
    const previous = this.#store.set(object);
    this.#tell(previous ? { type: 'MODIFIED', key, object, previous } : { type: 'ADDED', key, object });
  }

  #remove(object: T): void {
    const key = keyOf(object);
    if (this.#store.delete(key, object.metadata.uid)) this.#tell({ type: 'DELETED', key, object });
  }

  #tell(event: ReflectorEvent<T>): void {
    for (const handler of this.#handlers) {
      try {
        handler(event);
      } catch (error) {
        this.#log.error({ err: error, resource: this.#resource.plural, key: event.key, type: event.type }, 'a handler threw');
      }
    }
  }

  #transform(object: T): T {
    try {
      return this.#options.transform?.(object) ?? object;
    } catch (error) {
      this.#log.error({ err: error, resource: this.#resource.plural, key: keyOf(object) }, 'the transform threw; the object is kept whole');
      return object;
    }
  }
}
