// client-go's work queue: a key waits at most once, never runs twice at the same time, and backs off by itself.
import { type BackoffLimits, backoffMs } from './backoff.js';
import { type Clock, type Random, systemClock } from './clock.js';
import { isAborted, isConflict, isFenced, isTooManyRequests, KubeError } from './errors.js';
import { type Log, silent } from './log.js';
import { WaitingKeys } from './waiting-keys.js';

export interface HandlerResult {
  /** Run again after this, whatever happens until then. */
  requeueAfterMs?: number | undefined;
}
/** A throw is logged and tried again with backoff. The signal is aborted when a shutdown's grace is over. */
export type Handler = (key: string, signal: AbortSignal) => Promise<HandlerResult | void>;

/** Told of what happens, for metrics. */
export interface QueueMeter {
  /** So many keys wait for a worker now. */
  depth(waiting: number): void;
  /** A handler came to its end. Failed: by an error that nobody expects; it is tried again as well. */
  handled(durationMs: number, failed: boolean): void;
}

export interface WorkQueueOptions {
  workers?: number;
  backoff?: BackoffLimits;
  clock?: Clock;
  random?: Random;
  log?: Log;
  /** Whose a key is: owners have their turns. Default: all are one's. */
  ownerOf?: (key: string) => string;
  meter?: QueueMeter;
}

export class WorkQueue {
  readonly #workers: number;
  readonly #backoff: BackoffLimits;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #log: Log;
  readonly #meter: QueueMeter | undefined;
  readonly #ready: WaitingKeys;
  readonly #processing = new Set<string>();
  /** Added while they were being processed. */
  readonly #again = new Set<string>();
  readonly #delayed = new Map<string, { due: number; cancel: () => void }>();
  /** To be handled by then, unless a handler begins before. */
  readonly #within = new Map<string, () => void>();
  readonly #failures = new Map<string, number>();
  readonly #abort = new AbortController();
  readonly #drained: Promise<void>;
  #markDrained!: () => void;
  #handler: Handler | undefined;
  #closed = false;

  constructor({ workers = 4, backoff = { initialMs: 5, maxMs: 300_000 }, clock = systemClock, random = Math.random, log = silent, ownerOf = () => '', meter }: WorkQueueOptions = {}) {
    this.#workers = workers;
    this.#backoff = backoff;
    this.#clock = clock;
    this.#random = random;
    this.#log = log;
    this.#meter = meter;
    this.#ready = new WaitingKeys(ownerOf);
    this.#drained = new Promise((resolve) => (this.#markDrained = resolve));
  }

  add(key: string): void {
    if (this.#closed) return;
    if (this.#processing.has(key)) this.#again.add(key);
    else this.#makeReady(key);
    this.#pump();
  }

  /** Of several delays of one key the earliest counts. */
  addAfter(key: string, delayMs: number): void {
    if (this.#closed) return;
    if (delayMs <= 0) return this.add(key);
    const due = this.#clock.monotonic() + delayMs;
    const waiting = this.#delayed.get(key);
    if (waiting && waiting.due <= due) return;
    waiting?.cancel();
    const cancel = this.#clock.schedule(delayMs, () => {
      this.#delayed.delete(key);
      this.add(key);
    });
    this.#delayed.set(key, { due, cancel });
  }

  /** Whatever handler begins from now on will do; none has to be sooner than this. */
  addWithin(key: string, ms: number): void {
    if (this.#closed || this.#within.has(key)) return;
    this.#within.set(
      key,
      this.#clock.schedule(ms, () => {
        this.#within.delete(key);
        this.add(key);
      }),
    );
  }

  /** Longer each time, until `forget`. */
  addRateLimited(key: string): void {
    this.addAfter(key, this.#nextDelayMs(key));
  }

  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** Keys that wait for a worker. */
  get length(): number {
    return this.#ready.size;
  }

  /** Starts the workers; resolves when the queue was shut down and is drained. */
  run(handler: Handler): Promise<void> {
    if (this.#handler) throw new Error('the work queue runs already');
    this.#handler = handler;
    this.#pump();
    return this.#drained;
  }

  /** Takes no more keys and drops the delayed ones; ready keys are still handled for `graceMs`, then dropped and the running ones aborted. */
  async shutdown(graceMs = Infinity): Promise<void> {
    this.#closed = true;
    for (const { cancel } of this.#delayed.values()) cancel();
    this.#delayed.clear();
    for (const cancel of this.#within.values()) cancel();
    this.#within.clear();
    const dropAll = (): void => {
      this.#ready.clear();
      this.#meter?.depth(0);
      this.#again.clear();
      this.#abort.abort();
    };
    if (graceMs <= 0 || !this.#handler) dropAll();
    const cancelGrace = Number.isFinite(graceMs) && graceMs > 0 ? this.#clock.schedule(graceMs, dropAll) : undefined;
    this.#pump();
    await this.#drained;
    cancelGrace?.();
  }

  #makeReady(key: string): void {
    this.#ready.add(key);
    this.#meter?.depth(this.#ready.size);
  }

  #nextDelayMs(key: string): number {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    return backoffMs(this.#backoff, failures, this.#random);
  }

  #pump(): void {
    if (!this.#handler) {
      if (this.#closed) this.#markDrained();
      return;
    }
    while (this.#ready.size > 0) {
      if (this.#processing.size >= this.#workers) return;
      const key = this.#ready.take() as string;
      this.#meter?.depth(this.#ready.size);
      this.#within.get(key)?.();
      this.#within.delete(key);
      this.#processing.add(key);
      void this.#process(key, this.#handler);
    }
    if (this.#closed && this.#processing.size === 0) this.#markDrained();
  }

  async #process(key: string, handler: Handler): Promise<void> {
    // Whoever adds a key, finishes first: a handler never runs inside the code that called `add`.
    await Promise.resolve();
    const startedAt = this.#clock.monotonic();
    try {
      const result = await handler(key, this.#abort.signal);
      this.#meter?.handled(this.#clock.monotonic() - startedAt, false);
      this.forget(key);
      if (result?.requeueAfterMs !== undefined) this.addAfter(key, result.requeueAfterMs);
    } catch (error) {
      this.#meter?.handled(this.#clock.monotonic() - startedAt, !isExpected(error));
      this.#retry(key, error);
    }
    this.#processing.delete(key);
    if (this.#again.delete(key)) this.#makeReady(key);
    this.#pump();
  }

  #retry(key: string, error: unknown): void {
    const askedMs = error instanceof KubeError ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
    const delayMs = Math.max(askedMs, this.#nextDelayMs(key));
    this.addAfter(key, delayMs);
    this.#log[isExpected(error) ? 'debug' : 'error']({ err: error, key, retryInMs: Math.round(delayMs) }, 'reconcile failed');
  }
}

/** Comes with the ways of a cluster, and passes. */
const isExpected = (error: unknown): boolean => isConflict(error) || isTooManyRequests(error) || isAborted(error) || isFenced(error);
