// What unpacks a file of a capture, by its name.
import type { Duplex } from 'node:stream';
import * as zlib from 'node:zlib';

/** undefined: it is not compressed. 'missing': this Node has no zstd, which came with 22.15. */
export function decompressorFor(name: string): Duplex | 'missing' | undefined {
  if (name.endsWith('.gz')) return zlib.createGunzip();
  if (!name.endsWith('.zst')) return undefined;
  const { createZstdDecompress } = zlib as { createZstdDecompress?: () => Duplex };
  return createZstdDecompress?.() ?? 'missing';
}
