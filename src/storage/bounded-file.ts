// Reads a small file that somebody else writes: no more of it than it may have.
import { open } from 'node:fs/promises';

/** undefined where it is longer. Links are followed: the kubelet swaps files by them. */
export async function readAtMost(path: string, maxBytes: number): Promise<Buffer | undefined> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(maxBytes + 1), 0, maxBytes + 1, 0);
    return bytesRead > maxBytes ? undefined : buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
