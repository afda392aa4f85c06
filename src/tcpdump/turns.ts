// Who may work next: one piece of work at a time for each owner, a few in all, and the owners in turn. Nobody's long queue delays another's.

export class Turns {
  /** Owners that wait, the next one first. */
  private readonly waiting = new Map<string, (() => void)[]>();
  private readonly working = new Set<string>();

  constructor(private readonly atOnce: number) {}

  /** Runs `work` when it is its owner's turn. */
  async run<T>(owner: string, work: () => Promise<T>): Promise<T> {
    await new Promise<void>((resolve) => {
      const queue = this.waiting.get(owner);
      if (queue) queue.push(resolve);
      else this.waiting.set(owner, [resolve]);
      this.next();
    });
    try {
      return await work();
    } finally {
      this.working.delete(owner);
      this.toTheEnd(owner);
      this.next();
    }
  }

  /** Whoever had a turn waits behind all others. */
  private toTheEnd(owner: string): void {
    const queue = this.waiting.get(owner);
    if (!this.waiting.delete(owner) || !queue) return;
    this.waiting.set(owner, queue);
  }

  private next(): void {
    for (const [owner, queue] of [...this.waiting]) {
      if (this.working.size >= this.atOnce) return;
      if (this.working.has(owner)) continue;
      const first = queue.shift();
      if (queue.length === 0) this.waiting.delete(owner);
      this.working.add(owner);
      first?.();
    }
  }
}
