// A binary heap: the least entry is at hand at once, whatever their number.

export class Heap<T> {
  private readonly entries: T[] = [];

  constructor(private readonly compare: (a: T, b: T) => number) {}

  get least(): T | undefined {
    return this.entries[0];
  }

  add(entry: T): void {
    let at = this.entries.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.compareAt(at, parent) >= 0) return;
      this.swap(at, parent);
      at = parent;
    }
  }

  /** After the least entry has become greater. */
  sink(): void {
    for (let at = 0; ; ) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) if (child < this.entries.length && this.compareAt(child, least) < 0) least = child;
      if (least === at) return;
      this.swap(at, least);
      at = least;
    }
  }

  removeLeast(): void {
    const last = this.entries.pop();
    if (last === undefined || this.entries.length === 0) return;
    this.entries[0] = last;
    this.sink();
  }

  private compareAt = (a: number, b: number): number => this.compare(this.entries[a] as T, this.entries[b] as T);

  private swap(a: number, b: number): void {
    [this.entries[a], this.entries[b]] = [this.entries[b] as T, this.entries[a] as T];
  }
}
