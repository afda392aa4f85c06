// client-go's work queue: a key waits at most once, never runs twice at the same time, and backs off by itself.
import { type BackoffLimits, backoffMs } from './backoff.js';
import { type Clock, type Random, systemClock } from './clock.js';
import { isAborted, isConflict, isFenced, isTooManyRequests, KubeError } from './errors.js';
import { type Log, silent } from './log.js';
import { WaitingKeys } from './waiting-keys.js';

export interface HandlerResult {
  /** Run again after this, whatever happens until then. */
  requeueAfterMs?: number | undefined;
  /** By then it lets all others go first that wait, unless something happens to it or `YIELDS_MS` have gone by. */
  yields?: boolean;
}

/** A queue that is never empty keeps nobody from ever being looked at. */
export const YIELDS_MS = 30_000;
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

interface Delay {
  due: number;
  cancel: () => void;
}

export class WorkQueue {
  readonly #workers: number;
  readonly #backoff: BackoffLimits;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #log: Log;
  readonly #meter: QueueMeter | undefined;
  readonly #ready: WaitingKeys;
  /** Are handled where nothing else is to be. */
  readonly #yielding: WaitingKeys;
  /** What ends their patience. */
  readonly #patience = new Map<string, () => void>();
  readonly #processing = new Set<string>();
  /** Added while they were being processed. */
  readonly #again = new Set<string>();
  readonly #delayed = new Map<string, Delay>();
  /** The same, of those that yield by then. */
  readonly #delayedYielding = new Map<string, Delay>();
  /** To be handled by then, unless a handler begins before, or nobody needs it any more. */
  readonly #within = new Map<string, { cancel: () => void; needed: (() => boolean)[] }>();
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
    this.#yielding = new WaitingKeys(ownerOf);
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
    this.#delay(this.#delayed, key, delayMs, () => this.add(key));
  }

  /** It waits behind all others then. */
  addYieldingAfter(key: string, delayMs: number): void {
    this.#delay(this.#delayedYielding, key, delayMs, () => this.#yield(key));
  }

  /** Whatever handler begins from now on will do; none has to be sooner than this, and none at all where by then nobody says that it is needed. */
  addWithin(key: string, ms: number, needed = (): boolean => true): void {
    if (this.#closed) return;
    const waiting = this.#within.get(key);
    if (waiting) {
      waiting.needed.push(needed);
      return;
    }
    const entry = { needed: [needed], cancel: this.#clock.schedule(ms, () => {
      this.#within.delete(key);
      if (entry.needed.some((isNeeded) => isNeeded())) this.add(key);
    }) };
    this.#within.set(key, entry);
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
    return this.#ready.size + this.#yielding.size;
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
    for (const delays of [this.#delayed, this.#delayedYielding]) {
      for (const { cancel } of delays.values()) cancel();
      delays.clear();
    }
    for (const { cancel } of this.#within.values()) cancel();
    this.#within.clear();
    for (const cancel of this.#patience.values()) cancel();
    this.#patience.clear();
    this.#yielding.clear();
    this.#meter?.depth(this.length);
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
    this.#stopYielding(key);
    this.#ready.add(key);
    this.#meter?.depth(this.length);
  }

  #delay(delays: Map<string, Delay>, key: string, delayMs: number, then: () => void): void {
    if (this.#closed) return;
    if (delayMs <= 0) return then();
    const due = this.#clock.monotonic() + delayMs;
    const waiting = delays.get(key);
    if (waiting && waiting.due <= due) return;
    waiting?.cancel();
    const cancel = this.#clock.schedule(delayMs, () => {
      delays.delete(key);
      then();
    });
    delays.set(key, { due, cancel });
  }

  /** The handler that runs, or is about to, says itself when it is to run again. */
  #yield(key: string): void {
    if (this.#closed || this.#processing.has(key) || this.#ready.has(key) || this.#patience.has(key)) return;
    this.#yielding.add(key);
    this.#patience.set(key, this.#clock.schedule(YIELDS_MS, () => this.add(key)));
    this.#meter?.depth(this.length);
    this.#pump();
  }

  #stopYielding(key: string): void {
    this.#yielding.delete(key);
    this.#patience.get(key)?.();
    this.#patience.delete(key);
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
    while (this.length > 0) {
      if (this.#processing.size >= this.#workers) return;
      const key = (this.#ready.take() ?? this.#yielding.take()) as string;
      this.#stopYielding(key);
      this.#meter?.depth(this.length);
      this.#within.get(key)?.cancel();
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
      if (result?.requeueAfterMs !== undefined) this[result.yields ? 'addYieldingAfter' : 'addAfter'](key, result.requeueAfterMs);
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
