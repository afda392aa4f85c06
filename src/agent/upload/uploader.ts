// The agent's uploader: few at a time, oldest first, each until it is verified in the bucket, for ever.
import { setMaxListeners } from 'node:events';
import { performance } from 'node:perf_hooks';
import { bytesBody, fileRangeBody } from '../../storage/body.js';
import { StorageError } from '../../storage/errors.js';
import type { BodySource, ObjectStore } from '../../storage/object-store.js';
import { abortUnfinished, findSent, putAgain, putOnce, type VerifiedObject } from '../../storage/verified-put.js';
import { backoffMs } from './backoff.js';
import { compressedBody, compressorFor } from './compressed-body.js';
import { DeliveryState } from './delivery-state.js';
import type { FileToDeliver, Uploader } from './port.js';
import { nextDue, nextDueMs, type Waiting } from './queue.js';
import { UploadTally } from './tally.js';

export interface UploaderOptions {
  store: ObjectStore;
  /** Of files: None, Gzip or Zstd. */
  compression?: string;
  /** Objects at a time, while something is captured and after. A compressed one takes one part (8 MiB) of memory, and about as much again in sockets and garbage: of those there are never more than the first. */
  concurrency?: number;
  concurrencyAfter?: number;
  /** How long `find` waits for the bucket. */
  findMs?: number;
  /** For what people read. */
  now?: () => number;
  /** For waiting: a wall clock that is set back, as ClockSkew asks for, would hold up all uploads. */
  monotonic?: () => number;
  random?: () => number;
  /** Resolves after `ms`, or when `signal` aborts. */
  sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
}

interface Task extends Waiting {
  key: string;
  signal: AbortSignal;
  attempt: (signal: AbortSignal) => Promise<VerifiedObject>;
  resolve: (object: VerifiedObject) => void;
  reject: (reason: unknown) => void;
}

/** Beside a capture, uploads take what it leaves. */
const CONCURRENCY = 2;
const CONCURRENCY_AFTER = 4;
/** Whoever lets a file go waits for room. */
const FIND_MS = 3000;

export const FILE_CONTENT_TYPE = 'application/vnd.tcpdump.pcap';

export function createUploader(options: UploaderOptions): Uploader {
  const { store, findMs = FIND_MS } = options;
  const compressor = compressorFor(options.compression ?? 'None');
  const bodyOf = (file: FileToDeliver): BodySource => (compressor ? compressedBody(rangeOf(file), compressor) : { ...rangeOf(file), width: () => queue.width });
  const contentType = compressor?.contentType ?? FILE_CONTENT_TYPE;
  const queue = new UploadQueue(compressor ? { ...options, concurrencyAfter: options.concurrency ?? CONCURRENCY } : options);
  return {
    deliver: (file, signal, onSending) => queue.add(file.key, false, signal, (s) => putOnce(store, file.key, bodyOf(file), contentType, s, onSending)),
    async find(key, sent) {
      if (queue.isBucketFailing) return undefined;
      return findSent(store, key, sent, AbortSignal.timeout(findMs)).catch(() => undefined);
    },
    async forgetUnfinished(prefix, isOwn) {
      if (!queue.isBucketFailing) await abortUnfinished(store, prefix, isOwn, AbortSignal.timeout(findMs)).catch(() => undefined);
    },
    putSmall: (key, body, contentType, signal) => queue.add(key, true, signal, (s) => putAgain(store, key, bytesBody(body), contentType, s)),
    setCapturing: (isCapturing) => queue.setCapturing(isCapturing),
    underWay: queue.underWay,
    get delivery() {
      return queue.state.delivery;
    },
    onChange: (listener) => queue.state.onChange(listener),
    get uploads() {
      return queue.tally.now;
    },
  };
}

const rangeOf = ({ path, start, end, prologue }: FileToDeliver): BodySource => fileRangeBody(path, start, end, prologue);

class UploadQueue {
  readonly state: DeliveryState;
  readonly underWay = new Set<string>();
  readonly tally = new UploadTally();
  private readonly waiting = new Set<Task>();
  private running = 0;
  private arrivals = 0;
  /** Failures in a row that concern the bucket. While there are any, one try at a time asks whether it is back. */
  private bucketFailures = 0;
  private bucketNotBeforeMs = 0;
  private alarm: AbortController | undefined;
  private isCapturing = true;
  private readonly concurrency: { during: number; after: number };
  private readonly now: () => number;
  private readonly random: () => number;
  private readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;

  constructor({ concurrency = CONCURRENCY, concurrencyAfter = CONCURRENCY_AFTER, now = Date.now, monotonic = () => performance.now(), random = Math.random, sleep = sleepFor }: UploaderOptions) {
    this.concurrency = { during: concurrency, after: concurrencyAfter };
    this.now = monotonic;
    this.random = random;
    this.sleep = sleep;
    this.state = new DeliveryState(now);
  }

  setCapturing(isCapturing: boolean): void {
    if (this.isCapturing === isCapturing) return;
    this.isCapturing = isCapturing;
    this.pump();
  }

  private get objectsAtATime(): number {
    return this.isCapturing ? this.concurrency.during : this.concurrency.after;
  }

  /** Parts of one object at a time: where there are fewer objects than connections, each has its share of them. */
  get width(): number {
    return this.isCapturing ? 1 : Math.max(1, Math.floor(this.concurrency.after / Math.max(1, this.running)));
  }

  /** The last try that concerned the bucket failed. */
  get isBucketFailing(): boolean {
    return this.bucketFailures > 0;
  }

  add(key: string, small: boolean, signal: AbortSignal, attempt: Task['attempt']): Promise<VerifiedObject> {
    return new Promise((resolve, reject) => {
      const settle = <T>(end: (value: T) => void) => (value: T) => {
        signal.removeEventListener('abort', onAbort);
        end(value);
      };
      const task: Task = { key, small, signal, attempt, order: this.arrivals++, failures: 0, notBeforeMs: 0, resolve: settle(resolve), reject: settle(reject) };
      const onAbort = (): void => {
        // One that runs ends by the signal itself.
        if (this.waiting.delete(task)) this.giveUp(task, signal.reason);
      };
      if (signal.aborted) return reject(signal.reason as Error);
      // One signal for all of a run's files is no leak; Node warns from the eleventh listener on.
      setMaxListeners(0, signal);
      signal.addEventListener('abort', onAbort);
      this.waiting.add(task);
      this.pump();
    });
  }

  /** Starts what may start, and sets the alarm for what may start later. */
  private pump(): void {
    this.alarm?.abort();
    this.alarm = undefined;
    const slots = this.bucketFailures > 0 ? 1 : this.objectsAtATime;
    while (this.running < slots && this.bucketNotBeforeMs <= this.now()) {
      const task = nextDue(this.waiting, this.now());
      if (!task) break;
      this.waiting.delete(task);
      this.running++;
      void this.run(task);
    }
    const due = nextDueMs(this.waiting);
    if (due !== undefined && this.running < slots) this.wakeAt(Math.max(due, this.bucketNotBeforeMs));
  }

  private wakeAt(timeMs: number): void {
    const alarm = new AbortController();
    this.alarm = alarm;
    void this.sleep(Math.max(1, timeMs - this.now()), alarm.signal).then(() => {
      if (!alarm.signal.aborted) this.pump();
    });
  }

  private async run(task: Task): Promise<void> {
    this.underWay.add(task.key);
    const sinceMs = this.now();
    try {
      const object = await task.attempt(task.signal);
      // A manifest is small and comes again and again: how long files take would be lost among them.
      if (!task.small) this.tally.done(this.now() - sinceMs);
      this.bucketFailures = 0;
      this.bucketNotBeforeMs = 0;
      this.state.succeeded(task.key);
      task.resolve(object);
    } catch (error) {
      if (task.signal.aborted || !(error instanceof StorageError)) this.giveUp(task, task.signal.aborted ? task.signal.reason : error);
      else this.postpone(task, error);
    } finally {
      this.underWay.delete(task.key);
      this.running--;
      this.pump();
    }
  }

  private postpone(task: Task, error: StorageError): void {
    task.failures++;
    this.tally.failed(error.reason);
    const wait = (failures: number): number => this.now() + backoffMs(failures, this.random, error.retryAfterMs);
    if (error.concernsOneObject) task.notBeforeMs = wait(task.failures);
    else this.bucketNotBeforeMs = wait(++this.bucketFailures);
    this.waiting.add(task);
    this.state.failed(task.key, error);
  }

  private giveUp(task: Task, reason: unknown): void {
    this.state.givenUp(task.key);
    task.reject(reason);
  }
}

const sleepFor = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
