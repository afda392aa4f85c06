// An uploader for tests: a struct of what it was asked, each settled by hand.
import type { Delivered, FileToDeliver, Uploader } from '../../../src/agent/upload/port.js';
import { UploadTally } from '../../../src/agent/upload/tally.js';
import type { SentObject } from '../../../src/storage/object-store.js';

export interface Asked {
  file: FileToDeliver;
  succeed: () => void;
  fail: (error: unknown) => void;
  /** The request that makes the object is about to be sent. */
  sending: () => void;
}

export class UploaderStandIn implements Uploader {
  readonly asked: Asked[] = [];
  readonly small = new Map<string, string>();
  /** What was asked for after it had been sent, and what is there of it. */
  readonly found: string[] = [];
  readonly there = new Map<string, Delivered>();
  /** Set: small objects are refused with it. */
  refusal: Error | undefined;
  readonly delivery = { ok: true };
  readonly underWay = new Set<string>();
  readonly uploads = new UploadTally().now;

  deliver(file: FileToDeliver, signal: AbortSignal, onSending: (sent: SentObject) => void): Promise<Delivered> {
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
      this.asked.push({ file, succeed: () => resolve({ size: file.end - file.start, sha256: 'ab', etag: 'cd' }), fail: reject, sending: () => onSending({ size: file.end - file.start, sha256: 'ab', expectedETag: 'cd' }) });
    });
  }

  find(key: string): Promise<Delivered | undefined> {
    this.found.push(key);
    return Promise.resolve(this.there.get(key));
  }

  /** Keys of uploads that nobody ended, and those of them that were to be forgotten. */
  readonly unfinished: string[] = [];
  readonly forgotten: string[] = [];
  forgetUnfinished(prefix: string, isOwn: (key: string) => boolean): Promise<void> {
    this.forgotten.push(...this.unfinished.filter((key) => key.startsWith(prefix) && isOwn(key)));
    return Promise.resolve();
  }

  putSmall(key: string, body: Uint8Array): Promise<Delivered> {
    if (this.refusal) return Promise.reject(this.refusal);
    this.small.set(key, Buffer.from(body).toString());
    return Promise.resolve({ size: body.length, sha256: 'ab', etag: 'cd' });
  }

  setCapturing(): void {
    // Nothing here takes any time.
  }

  onChange(): void {
    // The bucket's state never changes here.
  }
}
