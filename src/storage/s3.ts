// The object store's port on S3, for any S3-compatible service.
import { createHash } from 'node:crypto';
import type { AuthoritiesReader } from './authorities.js';
import type { CredentialsReader } from './credentials.js';
import { StorageError, verificationFailed } from './errors.js';
import { bareETag, isMD5ETag } from './etag.js';
import { HashingThread } from './hashing/thread.js';
import type { BodySource, ObjectHead, ObjectStore, SentObject } from './object-store.js';
import { ENCRYPTION_HEADER, encryptionHeaders, knownEncryption, type S3Encryption } from './s3/encryption.js';
import type { S3Location } from './s3/endpoint.js';
import type { ExchangeLimits } from './s3/exchange.js';
import * as multipart from './s3/multipart.js';
import { partsOf } from './s3/parts.js';
import { createSender, type Sender } from './s3/sender.js';

export interface S3Options extends S3Location {
  credentials: CredentialsReader;
  /** Absent: the well-known authorities. */
  authorities?: AuthoritiesReader;
  /** Absent: what the bucket does by itself. */
  encryption?: S3Encryption | undefined;
  limits?: ExchangeLimits;
  now?: () => number;
}

const DEFAULT_LIMITS: ExchangeLimits = { stallMs: 30_000, requestMs: 10 * 60_000 };
/** Tidying up after a failed upload may take so long, also when the upload itself was aborted. */
const TIDY_MS = 10_000;

/** What the verbs work with. */
interface Bucket {
  sender: Sender;
  thread: HashingThread;
}

/** A bucket. Makes no request until asked to. Memory of a `put`: of a file the sockets' buffers, of any other body one part (8 MiB) besides. */
export function createS3Store({ credentials, authorities = () => Promise.resolve(undefined), encryption, limits = DEFAULT_LIMITS, now = Date.now, ...location }: S3Options): ObjectStore {
  const sender = createSender(location, { credentials, authorities }, limits, now);
  const here: Bucket = { sender, thread: new HashingThread() };
  const encrypted = encryptionHeaders(encryption);
  return {
    put: (key, source, contentType, signal, onSending) => put(here, key, source, { 'content-type': contentType, ...encrypted }, signal, onSending),
    head: (key, signal) => orAbsent(head(sender, key, signal)),
    get: (key, maxBytes, signal) => orAbsent(sender.send({ method: 'GET', key }, signal, maxBytes).then(({ body }) => body)),
    sha256: (key, signal, maxBytes) => orAbsent(readBack(sender, key, signal, maxBytes)),
    digest: (source, signal) => digest(here, source, signal),
    remove: async (key, signal) => void (await orAbsent(sender.send({ method: 'DELETE', key }, signal))),
    listUnfinished: (prefix, signal) => multipart.list(sender, prefix, signal),
    abortUnfinished: async (upload, signal) => void (await orAbsent(multipart.abort(sender, upload, signal))),
  };
}

async function put(bucket: Bucket, key: string, source: BodySource, headers: Record<string, string>, signal: AbortSignal, onSending: (sent: SentObject) => void = () => undefined): Promise<SentObject> {
  const { sender, thread } = bucket;
  const failure = new AbortController();
  const either = AbortSignal.any([signal, failure.signal]);
  const parts = await partsOf(source, thread, sender.signsBodies, signal);
  const etags: string[] = [];
  const sending = new Set<Promise<void>>();
  let uploadID: string | undefined;
  let sent: SentObject | undefined;
  try {
    for await (const part of parts.all) {
      if (part.isWhole) {
        onSending(part.soFar());
        await sender.send({ method: 'PUT', key, headers, body: part }, signal);
        return part.soFar();
      }
      uploadID ??= await multipart.begin(sender, key, headers, signal);
      const put = multipart.putPart(sender, key, uploadID, part.number, part, either).then((etag) => void (etags[part.number - 1] = etag));
      sending.add(put);
      void put.then(() => sending.delete(put), () => undefined);
      while (sending.size >= parts.most()) await Promise.race(sending);
      sent = part.soFar();
    }
    await Promise.all(sending);
    if (uploadID === undefined || !sent) throw new Error(`${key}: a body without parts`);
    onSending(sent);
    await multipart.complete(sender, key, uploadID, etags, signal);
    return sent;
  } catch (error) {
    failure.abort(error);
    await Promise.allSettled(sending);
    // What fails here is found again by listUnfinished.
    if (uploadID !== undefined) await multipart.abort(sender, { key, uploadID }, AbortSignal.timeout(TIDY_MS)).catch(() => undefined);
    throw error;
  } finally {
    await parts.close();
  }
}

/** What `put` would send, hashed only. */
async function digest({ sender, thread }: Bucket, source: BodySource, signal: AbortSignal): Promise<SentObject> {
  const parts = await partsOf(source, thread, sender.signsBodies, signal);
  try {
    let sent: SentObject | undefined;
    for await (const part of parts.all) sent = part.soFar();
    return sent as SentObject;
  } finally {
    await parts.close();
  }
}

async function head(sender: Sender, key: string, signal: AbortSignal): Promise<ObjectHead> {
  const { headers, unfit } = await sender.send({ method: 'HEAD', key }, signal).catch((error: unknown) => explain(sender, key, signal, error));
  const etag = bareETag(headers.etag);
  const size = Number(headers['content-length'] ?? NaN);
  if (!Number.isSafeInteger(size)) throw unfit('the answer has no Content-Length');
  const encryption = knownEncryption(headers[ENCRYPTION_HEADER]);
  return { size, etag, isMD5: isMD5ETag(etag, headers), lastModified: headers['last-modified'] ?? '', ...(encryption !== undefined && { encryption }) };
}

/** A refused HEAD has no body, so no words: one byte asked for by GET has the same fate and says why. */
async function explain(sender: Sender, key: string, signal: AbortSignal, error: unknown): Promise<never> {
  const status = error instanceof StorageError ? (error.httpStatus ?? 0) : 0;
  if (status >= 400 && status < 500 && status !== 404) {
    await sender.send({ method: 'GET', key, headers: { range: 'bytes=0-0' } }, signal).catch((inWords: unknown) => {
      if (!(inWords instanceof StorageError) || inWords.httpStatus !== undefined) throw inWords;
    });
  }
  throw error;
}

async function readBack(sender: Sender, key: string, signal: AbortSignal, maxBytes = Infinity): Promise<string> {
  const content = createHash('sha256');
  let room = maxBytes;
  await sender.stream({ method: 'GET', key }, signal, (chunk) => {
    room -= chunk.length;
    if (room < 0) throw verificationFailed(`${key}: the store gives more than the ${maxBytes} bytes that it says it has`);
    content.update(chunk);
  });
  return content.digest('hex');
}

/** undefined where the answer is that there is no such object (or upload); a missing bucket stays an error. */
async function orAbsent<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    const absent = error instanceof StorageError && error.httpStatus === 404 && (error.code === undefined || /^NoSuch(Key|Upload|Version)$|^NotFound$/.test(error.code));
    if (absent) return undefined;
    throw error;
  }
}
