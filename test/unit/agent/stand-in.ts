// An uploader for tests: a struct of what it was asked, each settled by hand.
import type { Delivered, FileToDeliver, Uploader } from '../../../src/agent/upload/port.js';

export interface Asked {
  file: FileToDeliver;
  succeed: () => void;
  fail: (error: unknown) => void;
}

export class UploaderStandIn implements Uploader {
  readonly asked: Asked[] = [];
  readonly small = new Map<string, string>();
  /** Set: small objects are refused with it. */
  refusal: Error | undefined;
  readonly delivery = { ok: true };

  deliver(file: FileToDeliver, signal: AbortSignal): Promise<Delivered> {
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
      this.asked.push({ file, succeed: () => resolve({ size: file.end - file.start, sha256: 'ab', etag: 'cd' }), fail: reject });
    });
  }

  putSmall(key: string, body: Uint8Array): Promise<Delivered> {
    if (this.refusal) return Promise.reject(this.refusal);
    this.small.set(key, Buffer.from(body).toString());
    return Promise.resolve({ size: body.length, sha256: 'ab', etag: 'cd' });
  }

  onChange(): void {
    // The bucket's state never changes here.
  }
}
