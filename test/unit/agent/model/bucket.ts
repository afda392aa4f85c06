// A bucket for property tests: takes each object once, when a test says so, and looks at what it was given.
import { readFileSync } from 'node:fs';
import type { Delivered, FileToDeliver, Uploader } from '../../../../src/agent/upload/port.js';
import { UploadTally } from '../../../../src/agent/upload/tally.js';
import type { SentObject } from '../../../../src/storage/object-store.js';
import { numbersIn } from './tcpdump.js';

interface Ask {
  file: FileToDeliver;
  onSending: (sent: SentObject) => void;
  settle: (outcome: Delivered | Error) => void;
}

export class BucketModel implements Uploader {
  readonly objects = new Map<string, Buffer>();
  /** Keys of objects that arrived, of which no agent heard: their files may be given up later. */
  readonly unheard = new Set<string>();
  readonly delivery = { ok: true };
  readonly uploads = new UploadTally().now;
  private asks: Ask[] = [];

  deliver(file: FileToDeliver, signal: AbortSignal, onSending: (sent: SentObject) => void): Promise<Delivered> {
    return new Promise((resolve, reject) => {
      const ask: Ask = {
        file,
        onSending,
        settle: (outcome) => {
          this.asks = this.asks.filter((other) => other !== ask);
          if (outcome instanceof Error) reject(outcome);
          else resolve(outcome);
        },
      };
      signal.addEventListener('abort', () => ask.settle(signal.reason as Error));
      this.asks.push(ask);
    });
  }

  /** Two at a time, as the uploader does it. */
  get underWay(): Set<string> {
    return new Set(this.waiting.slice(0, 2));
  }

  /** Keys of what waits. */
  get waiting(): string[] {
    return this.asks.map(({ file }) => file.key);
  }

  /** One that waits arrives, or, where its file cannot be read, does not. */
  settle(nth: number, unreadable = false): void {
    const ask = this.asks[nth % this.asks.length];
    if (unreadable) return ask?.settle(Object.assign(new Error('bad disk'), { code: 'EIO' }));
    const size = this.store(nth);
    if (ask) this.unheard.delete(ask.file.key);
    ask?.settle({ size, sha256: 'ab', etag: 'cd' });
  }

  /** One that waits is in the bucket, and nobody heard of it. */
  store(nth: number): number {
    const ask = this.asks[nth % this.asks.length];
    if (!ask) return 0;
    const { key, path, start, end, prologue } = ask.file;
    const body = Buffer.concat([prologue ?? Buffer.alloc(0), readFileSync(path).subarray(start, end)]);
    const there = this.objects.get(key);
    if (there && !there.equals(body)) throw new Error(`${key}: another object is there`);
    ask.onSending({ size: body.length, sha256: 'ab', expectedETag: 'cd' });
    if (!there) this.unheard.add(key);
    this.objects.set(key, body);
    return body.length;
  }

  find(key: string): Promise<Delivered | undefined> {
    const there = this.objects.get(key);
    this.unheard.delete(key);
    return Promise.resolve(there && { size: there.length, sha256: 'ab', etag: 'cd' });
  }

  /** The agent that asked is gone. */
  forget(): void {
    this.asks = [];
  }

  /** Numbers of all packets; throws where an object is no whole savefile. */
  get numbers(): number[] {
    return [...this.objects.values()].flatMap(numbersIn);
  }

  /** Objects that an agent knows to be there. */
  get heard(): Buffer[] {
    return [...this.objects].filter(([key]) => !this.unheard.has(key)).map(([, body]) => body);
  }

  putSmall(): Promise<Delivered> {
    return Promise.reject(new Error('no manifests here'));
  }

  forgetUnfinished(): Promise<void> {
    return Promise.resolve();
  }

  setCapturing(): void {
    // Nothing here takes any time.
  }

  onChange(): void {
    // It never changes.
  }
}
