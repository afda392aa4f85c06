// An object written and verified: never twice, never over another one, done only when the store was asked what it holds.
import { StorageError, verificationFailed } from './errors.js';
import { isSinglePart } from './etag.js';
import type { BodySource, ObjectHead, ObjectStore, SentObject } from './object-store.js';
import { DELIVERY_REASON } from '../api/reasons.js';

/** ETag: the store's ETag is the MD5 computed here. Content: read back and hashed, where its ETag is no MD5 (SSE-KMS). */
export type VerifiedBy = 'ETag' | 'Content';

export interface VerifiedObject {
  size: number;
  sha256: string;
  etag: string;
  verifiedBy: VerifiedBy;
  /** False: it was there already, with this content, and was not written again. */
  written: boolean;
}

/** Puts an object that nobody else writes and that never changes. One try; rejects with VerificationFailed where another content is there. */
export async function putOnce(store: ObjectStore, key: string, source: BodySource, contentType: string, signal: AbortSignal, onSending?: (sent: SentObject) => void): Promise<VerifiedObject> {
  const there = await headIfAllowed(store, key, signal);
  if (there) return recognise(store, key, source, there, signal);
  if (!isSinglePart(source.maxSize)) await abortUnfinished(store, key, (other) => other === key, signal);
  return verify(store, key, await store.put(key, source, contentType, signal, onSending), signal);
}

/** Puts an object that its one writer rewrites, such as a manifest. One try. */
export async function putAgain(store: ObjectStore, key: string, source: BodySource, contentType: string, signal: AbortSignal): Promise<VerifiedObject> {
  return verify(store, key, await store.put(key, source, contentType, signal), signal);
}

/** The object that a put may have made before it was given up, where it is there, whole and as it was sent. One try, without the source. */
export async function findSent(store: ObjectStore, key: string, sent: SentObject, signal: AbortSignal): Promise<VerifiedObject | undefined> {
  const there = await headIfAllowed(store, key, signal);
  if (there?.size !== sent.size) return undefined;
  const isSame = there.isMD5 ? there.etag === sent.expectedETag : (await store.sha256(key, signal, sent.size)) === sent.sha256;
  return isSame ? { ...identity(sent, there), verifiedBy: there.isMD5 ? 'ETag' : 'Content', written: true } : undefined;
}

/** Without the right to list, AWS answers AccessDenied where there is no such object. The put then tells; what exists is always seen. */
async function headIfAllowed(store: ObjectStore, key: string, signal: AbortSignal): Promise<ObjectHead | undefined> {
  try {
    return await store.head(key, signal);
  } catch (error) {
    if (error instanceof StorageError && error.reason === DELIVERY_REASON.accessDenied && error.code === 'AccessDenied') return undefined;
    throw error;
  }
}

/** The object that is there, where it is the one that would be written. */
async function recognise(store: ObjectStore, key: string, source: BodySource, there: ObjectHead, signal: AbortSignal): Promise<VerifiedObject> {
  if (source.size !== undefined) sameSize(key, there, source.size);
  const ours = await store.digest(source, signal);
  sameSize(key, there, ours.size);
  if (there.isMD5) {
    if (there.etag !== ours.expectedETag) throw occupied(key, `ETag ${there.etag}, not ${ours.expectedETag}`);
    return { ...identity(ours, there), verifiedBy: 'ETag', written: false };
  }
  const theirs = await store.sha256(key, signal, ours.size);
  if (theirs !== ours.sha256) throw occupied(key, `SHA-256 ${theirs ?? 'of nothing'}, not ${ours.sha256}`);
  return { ...identity(ours, there), verifiedBy: 'Content', written: false };
}

function sameSize(key: string, there: ObjectHead, size: number): void {
  if (there.size !== size) throw occupied(key, `${there.size} bytes, not ${size}`);
}

/** Asks the store what it holds and compares. */
async function verify(store: ObjectStore, key: string, sent: SentObject, signal: AbortSignal): Promise<VerifiedObject> {
  const there = await store.head(key, signal);
  if (!there) throw verificationFailed(`${key}: the store accepted it and then has no such object`);
  if (there.size !== sent.size) throw verificationFailed(`${key}: ${sent.size} bytes were sent, the store has ${there.size}`);
  if (there.isMD5) {
    if (there.etag !== sent.expectedETag) throw verificationFailed(`${key}: sent with ETag ${sent.expectedETag}, the store has ${there.etag}`);
    return { ...identity(sent, there), verifiedBy: 'ETag', written: true };
  }
  const theirs = await store.sha256(key, signal, sent.size);
  if (theirs !== sent.sha256) throw verificationFailed(`${key}: sent with SHA-256 ${sent.sha256}, the store gives back ${theirs ?? 'nothing'}`);
  return { ...identity(sent, there), verifiedBy: 'Content', written: true };
}

const identity = (ours: SentObject, there: ObjectHead) => ({ size: ours.size, sha256: ours.sha256, etag: there.etag });

const occupied = (key: string, difference: string): StorageError =>
  verificationFailed(`${key}: another object is there (${difference}); nothing was overwritten. Move it away, and see who else writes under this prefix`);

/** Parts that earlier tries left behind, under keys that begin with `prefix` and are one's own. Best effort: not every key may list uploads, and a lifecycle rule can do it too. */
export async function abortUnfinished(store: ObjectStore, prefix: string, isOwn: (key: string) => boolean, signal: AbortSignal): Promise<void> {
  try {
    for (const upload of await store.listUnfinished(prefix, signal)) if (isOwn(upload.key)) await store.abortUnfinished(upload, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof StorageError) || error.httpStatus === undefined) throw error;
  }
}
