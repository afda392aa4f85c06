// A clock that only tests move.
import type { Clock } from '../../../src/kube/clock.js';

export class FakeClock implements Clock {
  #ms = 0;
  readonly #timers = new Set<{ due: number; callback: () => void }>();

  now(): number {
    return Date.UTC(2026, 10, 20) + this.#ms;
  }

  monotonic(): number {
    return this.#ms;
  }

  schedule(delayMs: number, callback: () => void): () => void {
    const timer = { due: this.#ms + delayMs, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Delays that are waited for now, shortest first. */
  get waiting(): number[] {
    return [...this.#timers].map(({ due }) => due - this.#ms).sort((a, b) => a - b);
  }

  /** Runs what falls due, in order, and all that follows from it without waiting. */
  async advance(ms: number): Promise<void> {
    const end = this.#ms + ms;
    await settled();
    for (;;) {
      const [next] = [...this.#timers].filter(({ due }) => due <= end).sort((a, b) => a.due - b.due);
      if (!next) break;
      this.#timers.delete(next);
      this.#ms = next.due;
      next.callback();
      await settled();
    }
    this.#ms = end;
  }
}

/** All promises that can resolve without time or I/O have. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
