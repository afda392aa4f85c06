// Reads a small file that somebody else writes: no more of it than it may have.
import { open } from 'node:fs/promises';

/** What small files have. Room for the most that one may have would be made, and given back, at each look. */
const CHUNK_BYTES = 8 * 1024;

/** undefined where it is longer. Links are followed: the kubelet swaps files by them. */
export async function readAtMost(path: string, maxBytes: number): Promise<Buffer | undefined> {
  const file = await open(path);
  try {
    const chunks: Buffer[] = [];
    for (let position = 0; position <= maxBytes; ) {
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, position);
      position += bytesRead;
      chunks.push(buffer.subarray(0, bytesRead));
      // Of a file that is no pipe less than was asked for is all there is.
      if (bytesRead < CHUNK_BYTES) return position > maxBytes ? undefined : Buffer.concat(chunks);
    }
    return undefined;
  } finally {
    await file.close();
  }
}
