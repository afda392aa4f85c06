// Bodies that can be read again: a range of a file with a prologue, or bytes in memory.
import type { FileHandle } from 'node:fs/promises';
import type { BodySource, FileRange } from './object-store.js';
import { openRegular } from './regular-file.js';

/** Bytes in memory. */
export function bytesBody(bytes: Uint8Array): BodySource {
  return {
    size: bytes.byteLength,
    maxSize: bytes.byteLength,
    // eslint-disable-next-line @typescript-eslint/require-await -- the interface is asynchronous
    async *read(chunkBytes) {
      const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      for (let at = 0; at < whole.length; at += chunkBytes) yield whole.subarray(at, at + chunkBytes);
    },
  };
}

export const endsEarly = ({ path, start, end }: FileRange, position: number): Error => new Error(`${path}: ends at byte ${position}, bytes ${start} to ${end} were to be read`);

/** Fills `chunk` with what begins at `at` of the range's content, of the opened file. */
export async function readInto(chunk: Buffer, at: number, file: FileHandle, range: FileRange): Promise<Buffer> {
  const { start, prologue } = range;
  const head = prologue.subarray(at, at + chunk.length);
  chunk.set(head);
  for (let filled = head.length; filled < chunk.length; ) {
    const position = start + at + filled - prologue.byteLength;
    const { bytesRead } = await file.read(chunk, filled, chunk.length - filled, position);
    if (bytesRead === 0) throw endsEarly(range, position);
    filled += bytesRead;
  }
  return chunk;
}

/**
 * `prologue`, then the bytes [start, end) of a file. One buffer of a chunk's size is reused for the whole pass.
 * Rejects with the file system's error, or where the file is shorter than `end`.
 */
export function fileRangeBody(path: string, start: number, end: number, prologue: Uint8Array = new Uint8Array()): BodySource {
  const size = prologue.byteLength + (end - start);
  return {
    size,
    maxSize: size,
    range: { path, start, end, prologue },
    async *read(chunkBytes) {
      const file = await openRegular(path);
      try {
        const buffer = Buffer.allocUnsafeSlow(Math.min(chunkBytes, size));
        for (let at = 0; at < size; at += chunkBytes) yield await readInto(buffer.subarray(0, Math.min(chunkBytes, size - at)), at, file, { path, start, end, prologue });
      } finally {
        await file.close();
      }
    },
  };
}
