// A request's body, whose digests are known before it is sent.
import { createHash } from 'node:crypto';

export interface HashedBody {
  size: number;
  md5: Buffer;
  /** Asked for only where it is signed: without TLS. */
  sha256: () => Buffer;
  /** The content, in pieces of at most PIECE_BYTES; each is valid until the next one is asked for. */
  pieces: () => Iterable<Buffer> | AsyncIterable<Buffer>;
}

/** A part of a longer content. */
export interface HashedPart {
  body: HashedBody;
  /** SHA-256 of the content up to its end. */
  content: () => Buffer;
}

/** A body is written in such pieces, so that slow progress counts as progress. */
export const PIECE_BYTES = 64 * 1024;

/** Bytes in memory. */
export const hashed = (bytes: Buffer, md5 = createHash('md5').update(bytes).digest()): HashedBody => ({
  size: bytes.length,
  md5,
  sha256: () => createHash('sha256').update(bytes).digest(),
  pieces: () => piecesOf(bytes),
});

export function* piecesOf(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES);
}
