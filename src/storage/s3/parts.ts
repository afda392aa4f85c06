// A body in the parts in which it is sent, each with its digests, and what all of them so far amount to.
import { createHash } from 'node:crypto';
import { etagOfParts, isSinglePart, partBytesFor } from '../etag.js';
import type { HashingThread } from '../hashing/thread.js';
import type { BodySource, SentObject } from '../object-store.js';
import { fileParts } from './file-parts.js';
import { hashed, type HashedBody, type HashedPart } from './hashed-body.js';

export interface Part extends HashedBody {
  /** From 1. */
  number: number;
  /** It is all of the body, and goes in one request. */
  isWhole: boolean;
  /** What it and those before it amount to. */
  soFar: () => SentObject;
}

export interface Parts {
  /** How many of them may be under way at a time, now: those of a body that is no file take each other's memory. */
  most: () => number;
  all: AsyncIterable<Part>;
  /** After the last one was sent, or none will be. */
  close: () => Promise<void>;
}

/** `signs`: the SHA-256 of each part will be asked for. */
export async function partsOf(source: BodySource, thread: HashingThread, signs: boolean, signal: AbortSignal): Promise<Parts> {
  const partBytes = partBytesFor(source.maxSize);
  if (!source.range || source.size === undefined) return { most: () => 1, all: numbered(source, partBytes, buffered(source, partBytes, signal)), close: () => Promise.resolve() };
  const parts = await fileParts(source.range, source.size, partBytes, thread, signs, signal);
  return { most: source.width ?? (() => 1), all: numbered(source, partBytes, parts.all), close: parts.close };
}

async function* numbered(source: BodySource, partBytes: number, raw: AsyncIterable<HashedPart>): AsyncGenerator<Part> {
  const md5s: Buffer[] = [];
  let size = 0;
  let isWhole = true;
  for await (const { body, content } of raw) {
    // A body of unknown size whose first part is full goes in parts, also where that part turns out to be all of it: so does every other try.
    if (md5s.length === 0) isWhole = source.size === undefined ? body.size < partBytes : isSinglePart(source.size);
    md5s.push(body.md5);
    size += body.size;
    const soFar = (upTo: number, bytes: number) => (): SentObject => ({ size: bytes, sha256: content().toString('hex'), expectedETag: etagOfParts(md5s.slice(0, upTo), !isWhole) });
    yield { ...body, number: md5s.length, isWhole, soFar: soFar(md5s.length, size) };
  }
}

/** Read once, each part in the memory of the one before. */
async function* buffered(source: BodySource, partBytes: number, signal: AbortSignal): AsyncGenerator<HashedPart> {
  const content = createHash('sha256');
  let isEmpty = true;
  const take = (part: Buffer): HashedPart => {
    signal.throwIfAborted();
    isEmpty = false;
    content.update(part);
    return { body: hashed(part), content: () => content.copy().digest() };
  };
  for await (const part of source.read(partBytes, signal)) yield take(part);
  if (isEmpty) yield take(Buffer.alloc(0));
}
