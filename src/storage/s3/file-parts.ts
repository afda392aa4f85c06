// The parts of a file: hashed in the hashing thread, one ahead of those that are sent, and read again as they are sent, so that none is ever in memory.
import type { FileHandle } from 'node:fs/promises';
import { endsEarly, readInto } from '../body.js';
import type { PartDigests } from '../hashing/program.js';
import { EndsEarly, type HashingThread } from '../hashing/thread.js';
import type { FileRange } from '../object-store.js';
import { openRegular } from '../regular-file.js';
import { piecesOf, type HashedPart } from './hashed-body.js';

const READ_BYTES = 256 * 1024;

interface Extent {
  at: number;
  size: number;
}

/** Rejects with the file system's error, or where the file is shorter than the range. What changes between hashing and sending is refused by the store, for its digests are not those that were signed. */
export async function fileParts(range: FileRange, size: number, partBytes: number, thread: HashingThread, signs: boolean, signal: AbortSignal): Promise<{ all: AsyncIterable<HashedPart>; close: () => Promise<void> }> {
  const file = await openRegular(range.path);
  const { fd } = file;
  const id = thread.begin();
  let asked: Promise<unknown> = Promise.resolve();
  const hash = ({ at, size: length }: Extent): ReturnType<HashingThread['ask']> => {
    const head = range.prologue.slice(at, at + length);
    const answer = thread.ask({ id, fd, head, position: range.start + at + head.length - range.prologue.length, length: length - head.length, signs });
    asked = answer;
    return answer.catch((error: unknown) => {
      throw error instanceof EndsEarly ? endsEarly(range, error.position) : error;
    });
  };
  const close = async (): Promise<void> => {
    // The thread reads by the descriptor's number: it is another file's as soon as this one is closed.
    await asked.catch(() => undefined);
    thread.forget(id);
    await file.close();
  };
  return { all: parts(file, range, extents(size, partBytes), hash, signal), close };
}

function extents(size: number, partBytes: number): Extent[] {
  return Array.from({ length: Math.max(1, Math.ceil(size / partBytes)) }, (_, n) => ({ at: n * partBytes, size: Math.min(partBytes, size - n * partBytes) }));
}

async function* parts(file: FileHandle, range: FileRange, all: Extent[], hash: (extent: Extent) => Promise<PartDigests>, signal: AbortSignal): AsyncGenerator<HashedPart> {
  let next = hash(all[0] as Extent);
  for (const [n, { at, size }] of all.entries()) {
    const { md5, sha256, content } = await next;
    signal.throwIfAborted();
    const following = all[n + 1];
    if (following) {
      next = hash(following);
      // Whoever goes before it is asked for misses nothing.
      next.catch(() => undefined);
    }
    yield { body: { size, md5: Buffer.from(md5), sha256: () => Buffer.from(sha256 ?? content), pieces: () => read(file, range, at, size) }, content: () => Buffer.from(content) };
  }
}

async function* read(file: FileHandle, range: FileRange, at: number, size: number): AsyncGenerator<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(Math.min(READ_BYTES, size));
  for (let done = 0; done < size; done += buffer.length) yield* piecesOf(await readInto(buffer.subarray(0, Math.min(buffer.length, size - done)), at + done, file, range));
}
