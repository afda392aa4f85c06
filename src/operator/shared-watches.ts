// Watches that several share: each is opened for its first user, and closed after its last.
import { isForbidden, type KubeError } from '../kube/errors.js';
import type { Kube } from '../kube/kube.js';
import type { Log } from '../kube/log.js';
import type { KubeObject } from '../kube/object.js';
import { Reflector, type ReflectorEvent, type ReflectorOptions } from '../kube/reflector.js';
import type { Resource } from '../kube/resources.js';
import type { ReadonlyStore } from '../kube/store.js';
import type { WatchMeter } from './caches.js';

export interface Watch<T> extends Pick<ReflectorOptions<T>, 'namespace' | 'fieldSelector' | 'transform' | 'keep' | 'pageSize'> {
  resource: Resource;
}

interface Shared<T extends KubeObject> {
  reflector: Reflector<T>;
  users: Set<string>;
  /** Resolves once all is known, or the API server refused to tell it. */
  answered: Promise<void>;
  refusal?: string;
}

/** What a watch knows; nothing, with the API server's words, where this process may not look. */
export interface Known<T extends KubeObject> {
  store: ReadonlyStore<T>;
  adopt: Reflector<T>['adopt'];
  refusal?: string;
}

const knownTo = <T extends KubeObject>({ reflector, refusal }: Shared<T>): Known<T> => ({ store: reflector.store, adopt: (key, read) => reflector.adopt(key, read), ...(refusal !== undefined && { refusal }) });

export class SharedWatches<T extends KubeObject> {
  private readonly shared = new Map<string, Shared<T>>();

  constructor(
    private readonly kube: Pick<Kube, 'list' | 'watch'>,
    private readonly log: Log,
    private readonly onEvent: (event: ReflectorEvent<T>, users: ReadonlySet<string>) => void,
    private readonly onFailed: WatchMeter = () => undefined,
  ) {}

  /** Resolves once there is an answer; watched from now on for this user. A key always stands for the same watch. */
  async need(key: string, user: string, watch: Watch<T>): Promise<Known<T>> {
    const entry = this.shared.get(key) ?? this.open(key, watch);
    entry.users.add(user);
    await entry.answered;
    return this.known(key) ?? knownTo(entry);
  }

  /** What is known by now; undefined where nobody asked for it. */
  known(key: string): Known<T> | undefined {
    const entry = this.shared.get(key);
    return entry && knownTo(entry);
  }

  /** The user needs nothing any more but these. */
  release(user: string, except: ReadonlySet<string> = new Set()): void {
    for (const [key, { reflector, users }] of this.shared) {
      if (except.has(key) || !users.delete(user) || users.size > 0) continue;
      this.shared.delete(key);
      void reflector.stop();
    }
  }

  async stop(): Promise<void> {
    await Promise.all([...this.shared.values()].map(({ reflector }) => reflector.stop()));
    this.shared.clear();
  }

  private open(key: string, { resource, ...options }: Watch<T>): Shared<T> {
    const users = new Set<string>();
    const reflector: Reflector<T> = new Reflector<T>(this.kube, resource, {
      ...options,
      log: this.log,
      onFailed: (error) => {
        this.onFailed(resource.plural);
        // Whoever knew it once goes on with that.
        if (!isForbidden(error) || isKnown) return;
        entry.refusal = (error as KubeError).message;
        markAnswered();
      },
    });
    let isKnown = false;
    let isAnswered = false;
    let resolve!: () => void;
    const entry: Shared<T> = { reflector, users, answered: new Promise((answer) => (resolve = answer)) };
    const markAnswered = (): void => {
      isAnswered = true;
      resolve();
    };
    // What is there at the beginning nobody is told of: they all wait for it.
    reflector.addHandler((event) => isAnswered && this.onEvent(event, users));
    void reflector.hasSynced.then(() => {
      isKnown = true;
      delete entry.refusal;
      markAnswered();
    });
    this.shared.set(key, entry);
    reflector.start();
    return entry;
  }
}
