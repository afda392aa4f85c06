// Keys that wait for a worker, each once: owners in turns, the keys of one in order of arrival. Nobody's thousand keys delay another's one.

export class WaitingKeys {
  /** By owner, the next one first. */
  readonly #owners = new Map<string, Set<string>>();
  readonly #ownerOf: (key: string) => string;
  readonly #keys = new Map<string, string>();

  constructor(ownerOf: (key: string) => string) {
    this.#ownerOf = ownerOf;
  }

  get size(): number {
    return this.#keys.size;
  }

  has(key: string): boolean {
    return this.#keys.has(key);
  }

  add(key: string): void {
    if (this.has(key)) return;
    const owner = this.#ownerOf(key);
    this.#keys.set(key, owner);
    const keys = this.#owners.get(owner);
    if (keys) keys.add(key);
    else this.#owners.set(owner, new Set([key]));
  }

  /** The next key, which waits no more. Its owner is the last one now. */
  take(): string | undefined {
    for (const [owner, keys] of this.#owners) {
      this.#owners.delete(owner);
      for (const key of keys) {
        keys.delete(key);
        this.#keys.delete(key);
        if (keys.size > 0) this.#owners.set(owner, keys);
        return key;
      }
    }
    return undefined;
  }

  delete(key: string): void {
    const owner = this.#keys.get(key);
    if (owner === undefined) return;
    this.#keys.delete(key);
    const keys = this.#owners.get(owner);
    keys?.delete(key);
    if (keys?.size === 0) this.#owners.delete(owner);
  }

  clear(): void {
    this.#owners.clear();
    this.#keys.clear();
  }
}
