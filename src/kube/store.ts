// What a reflector knows: objects by key, and by any index that its user names.
import { type KubeObject, keyOf, type ObjectKey } from './object.js';

/** Under which values an object is found in an index: its labels, its UID, the node it runs on … */
export type Indexer<T> = (object: T) => string[];

/** Objects are shared with everybody who reads: never change one. */
export interface ReadonlyStore<T extends KubeObject> {
  /** With a UID: only where the stored object has it, and is no successor of the same name. */
  get(key: ObjectKey, uid?: string): T | undefined;
  list(): T[];
  byIndex(index: string, value: string): T[];
  readonly size: number;
}

export class Store<T extends KubeObject> implements ReadonlyStore<T> {
  readonly #objects = new Map<ObjectKey, T>();
  readonly #indexers: Readonly<Record<string, Indexer<T>>>;
  /** index → value → keys */
  readonly #indexes = new Map<string, Map<string, Set<ObjectKey>>>();

  constructor(indexers: Readonly<Record<string, Indexer<T>>> = {}) {
    this.#indexers = indexers;
    for (const name of Object.keys(indexers)) this.#indexes.set(name, new Map());
  }

  get(key: ObjectKey, uid?: string): T | undefined {
    const object = this.#objects.get(key);
    return object !== undefined && (uid === undefined || object.metadata.uid === uid) ? object : undefined;
  }

  list(): T[] {
    return [...this.#objects.values()];
  }

  byIndex(index: string, value: string): T[] {
    const values = this.#indexes.get(index);
    if (!values) throw new RangeError(`no index "${index}"; there are: ${[...this.#indexes.keys()].join(', ') || 'none'}`);
    return [...(values.get(value) ?? [])].map((key) => this.#objects.get(key)).filter((object) => object !== undefined);
  }

  get size(): number {
    return this.#objects.size;
  }

  /** Returns what was stored under this key before. */
  set(object: T): T | undefined {
    const key = keyOf(object);
    const previous = this.delete(key);
    this.#objects.set(key, object);
    for (const [name, indexer] of Object.entries(this.#indexers)) {
      const values = this.#indexes.get(name);
      for (const value of indexer(object)) values?.set(value, (values.get(value) ?? new Set()).add(key));
    }
    return previous;
  }

  /** With a UID: only that very object. Returns what was removed. */
  delete(key: ObjectKey, uid?: string): T | undefined {
    const object = this.get(key, uid);
    if (!object) return undefined;
    this.#objects.delete(key);
    for (const [name, indexer] of Object.entries(this.#indexers)) {
      const values = this.#indexes.get(name);
      for (const value of indexer(object)) {
        const keys = values?.get(value);
        keys?.delete(key);
        if (keys?.size === 0) values?.delete(value);
      }
    }
    return object;
  }
}
