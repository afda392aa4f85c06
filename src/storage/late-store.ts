// A store whose program is loaded when it is first asked for something: most of what an agent loads, and nothing that its first packet needs.
import type { ObjectStore } from './object-store.js';

export interface LateStore extends ObjectStore {
  /** Loads it before it is asked for anything. */
  prepare(): Promise<void>;
}

export function lateStore(load: () => Promise<ObjectStore>): LateStore {
  let loading: Promise<ObjectStore> | undefined;
  const store = (): Promise<ObjectStore> => (loading ??= load());
  return {
    prepare: async () => void (await store()),
    put: async (...args) => (await store()).put(...args),
    head: async (...args) => (await store()).head(...args),
    get: async (...args) => (await store()).get(...args),
    sha256: async (...args) => (await store()).sha256(...args),
    digest: async (...args) => (await store()).digest(...args),
    remove: async (...args) => (await store()).remove(...args),
    listUnfinished: async (...args) => (await store()).listUnfinished(...args),
    abortUnfinished: async (...args) => (await store()).abortUnfinished(...args),
  };
}
