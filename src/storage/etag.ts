// ETags, computed from the content as S3 does, and told apart from those that a store makes in its own way.
import { createHash } from 'node:crypto';

export const MIB = 1024 * 1024;
/** Bodies up to this size go in one request; larger ones in parts of it. Bounds the memory of an upload. */
export const PART_BYTES = 8 * MIB;
/** S3 takes at most this many parts. */
const MAX_PARTS = 10_000;

/** Size of the parts of an object: PART_BYTES up to 78 GiB, then as much as 10,000 parts need. A pure function of the size, so that every try gives the same ETag. */
export const partBytesFor = (size: number): number => Math.max(PART_BYTES, Math.ceil(size / MAX_PARTS / MIB) * MIB);

/** Whether an object of this size goes in one request. */
export const isSinglePart = (size: number): boolean => size <= PART_BYTES;

/** The ETag of an object made of parts with these MD5s: of the one request, or of the multipart upload. */
export function etagOfParts(md5s: readonly Buffer[], multipart: boolean): string {
  const [first] = md5s;
  if (!multipart) return (first ?? createHash('md5').digest()).toString('hex');
  return `${createHash('md5').update(Buffer.concat(md5s)).digest('hex')}-${md5s.length}`;
}

/** An ETag header without its quotes and weakness mark. Empty where it is none: it is remembered for every object and part, so it has to be short. */
export function bareETag(etag: string | undefined): string {
  const bare = (etag ?? '').trim().replace(/^W\//, '').replace(/^"|"$/g, '');
  return /^[\u0021-\u007e]{1,256}$/.test(bare) ? bare : '';
}

/** Whether an ETag has the form of an MD5 (of content, or of parts). Under SSE-KMS and SSE-C it may have it and be none: `headers` tell. */
export function isMD5ETag(etag: string, headers: Readonly<Record<string, unknown>>): boolean {
  if (!/^[0-9a-f]{32}(-\d{1,5})?$/i.test(etag)) return false;
  const encryption = headers['x-amz-server-side-encryption'];
  const ownKey = headers['x-amz-server-side-encryption-customer-algorithm'];
  return !(typeof encryption === 'string' && encryption.startsWith('aws:kms')) && ownKey === undefined;
}
