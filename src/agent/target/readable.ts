// Whether the files of a tcpdump can be looked at: said while they cannot, and waited for only so long.
import type { Clock } from '../clock.js';

/** A disk that gives nothing back for so long is not waited for any longer. */
const UNREADABLE_MS = 10_000;

export class Readable {
  private sinceMs: number | undefined;

  constructor(
    private readonly clock: Pick<Clock, 'monotonic'>,
    /** undefined: they can again. */
    private readonly onChange: (message: string | undefined) => void,
  ) {}

  /** They could not be looked at the last time. */
  get isTrouble(): boolean {
    return this.sinceMs !== undefined;
  }

  yes(): void {
    if (this.sinceMs !== undefined) this.onChange(undefined);
    this.sinceMs = undefined;
  }

  /** True where that has lasted too long. */
  no(error: unknown): boolean {
    const nowMs = this.clock.monotonic();
    this.sinceMs ??= nowMs;
    this.onChange(`the node's disk does not give back what tcpdump wrote: ${String(error)}`);
    return nowMs - this.sinceMs >= UNREADABLE_MS;
  }
}
