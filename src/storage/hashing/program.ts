// What runs in the hashing thread. It is handed over as text, so that no bundle, and no test, has to carry a file for it: nothing outside may be named in it.
import type * as crypto from 'node:crypto';
import type * as fs from 'node:fs';
import type { MessagePort } from 'node:worker_threads';

/** A part of a body to hash: `head`, then `length` bytes of an open file. Parts of one body come in order, under one id. */
export interface Question {
  id: number;
  fd: number;
  head: Uint8Array;
  position: number;
  length: number;
  /** Whether the part's own SHA-256 is asked for. */
  signs: boolean;
}

export interface PartDigests {
  md5: Uint8Array;
  sha256: Uint8Array | undefined;
  /** SHA-256 of the body up to the end of this part. */
  content: Uint8Array;
}

export type Answer = { id: number; digests: PartDigests } | { id: number; short: number } | { id: number; error: string; code: string | undefined };

/** Answers questions in their order; a number is the id of a body that nobody asks about any more. */
export function program(port: MessagePort, { createHash }: typeof crypto, { readSync }: typeof fs): void {
  const contents = new Map<number, crypto.Hash>();
  const buffer = Buffer.allocUnsafeSlow(512 * 1024);

  const digest = ({ id, fd, head, position, length, signs }: Question): Answer => {
    const content = contents.get(id) ?? createHash('sha256');
    contents.set(id, content);
    const md5 = createHash('md5').update(head);
    const sha256 = signs ? createHash('sha256').update(head) : undefined;
    content.update(head);
    for (let at = 0; at < length; ) {
      const bytes = readSync(fd, buffer, 0, Math.min(buffer.length, length - at), position + at);
      if (bytes === 0) return { id, short: position + at };
      const chunk = buffer.subarray(0, bytes);
      md5.update(chunk);
      sha256?.update(chunk);
      content.update(chunk);
      at += bytes;
    }
    return { id, digests: { md5: md5.digest(), sha256: sha256?.digest(), content: content.copy().digest() } };
  };

  port.on('message', (question: Question | number) => {
    if (typeof question === 'number') {
      contents.delete(question);
      return;
    }
    try {
      port.postMessage(digest(question));
    } catch (error) {
      port.postMessage({ id: question.id, error: String(error), code: (error as NodeJS.ErrnoException).code });
    }
  });
}
