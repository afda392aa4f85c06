// One signal for a call: aborted by the caller's own, or when its time is up. Tells afterwards which.
import { ERROR_REASON, KubeError } from './errors.js';

export class Deadline {
  readonly #controller = new AbortController();
  readonly #caller: AbortSignal | undefined;
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #timeoutMs: number;
  #expired = false;

  constructor(timeoutMs: number, caller?: AbortSignal) {
    this.#timeoutMs = timeoutMs;
    this.#caller = caller;
    this.#timer = timeoutMs === Infinity ? undefined : setTimeout(() => {
      this.#expired = true;
      this.#controller.abort();
    }, timeoutMs);
    if (caller?.aborted) this.#abort();
    else caller?.addEventListener('abort', this.#abort, { once: true });
  }

  readonly #abort = (): void => this.#controller.abort();

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get expired(): boolean {
    return this.#expired;
  }

  /** No time limit from here on; the caller's signal still counts. */
  lift(): void {
    clearTimeout(this.#timer);
  }

  /** Always call it: a signal that outlives the call would keep the call in memory. */
  end(): void {
    clearTimeout(this.#timer);
    this.#caller?.removeEventListener('abort', this.#abort);
  }

  /** Why the call ended, where this deadline ended it. */
  explain(): KubeError | undefined {
    if (this.#expired) return new KubeError({ status: 0, reason: ERROR_REASON.timeout, message: `no answer within ${this.#timeoutMs} ms` });
    if (this.#caller?.aborted) return new KubeError({ status: 0, reason: ERROR_REASON.aborted, message: 'the call was given up', cause: this.#caller.reason });
    return undefined;
  }
}
