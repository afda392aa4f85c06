// The object store's port on S3, for any S3-compatible service.
import { createHash } from 'node:crypto';
import type { AuthoritiesReader } from './authorities.js';
import type { CredentialsReader } from './credentials.js';
import { StorageError, verificationFailed } from './errors.js';
import { bareETag, etagOfParts, isMD5ETag, isSinglePart, partBytesFor } from './etag.js';
import type { BodySource, ObjectHead, ObjectStore, SentObject } from './object-store.js';
import { ENCRYPTION_HEADER, encryptionHeaders, knownEncryption, type S3Encryption } from './s3/encryption.js';
import type { S3Location } from './s3/endpoint.js';
import type { ExchangeLimits } from './s3/exchange.js';
import * as multipart from './s3/multipart.js';
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

/** A bucket. Makes no request until asked to. Memory of a `put`: one part (8 MiB) and the sockets' buffers. */
export function createS3Store({ credentials, authorities = () => Promise.resolve(undefined), encryption, limits = DEFAULT_LIMITS, now = Date.now, ...location }: S3Options): ObjectStore {
  const sender = createSender(location, { credentials, authorities }, limits, now);
  const encrypted = encryptionHeaders(encryption);
  return {
    put: (key, source, contentType, signal, onSending) => put(sender, key, source, { 'content-type': contentType, ...encrypted }, signal, onSending),
    head: (key, signal) => orAbsent(head(sender, key, signal)),
    get: (key, maxBytes, signal) => orAbsent(sender.send({ method: 'GET', key }, signal, maxBytes).then(({ body }) => body)),
    sha256: (key, signal, maxBytes) => orAbsent(readBack(sender, key, signal, maxBytes)),
    digest: (source, signal) => pass(source, signal, () => Promise.resolve()),
    remove: async (key, signal) => void (await orAbsent(sender.send({ method: 'DELETE', key }, signal))),
    listUnfinished: (prefix, signal) => multipart.list(sender, prefix, signal),
    abortUnfinished: async (upload, signal) => void (await orAbsent(multipart.abort(sender, upload, signal))),
  };
}

/** Reads a body once, part by part: hashes each part and hands it on. `isWhole`: it is all of the body, and goes in one request. `soFar`: what it and those before it amount to. */
async function pass(source: BodySource, signal: AbortSignal, onPart: (part: Buffer, number: number, isWhole: boolean, soFar: () => SentObject) => Promise<void>): Promise<SentObject> {
  const content = createHash('sha256');
  const md5s: Buffer[] = [];
  const partBytes = partBytesFor(source.maxSize);
  let size = 0;
  let isWhole = true;
  const soFar = (): SentObject => ({ size, sha256: content.copy().digest('hex'), expectedETag: etagOfParts(md5s, !isWhole) });
  const take = async (part: Buffer): Promise<void> => {
    signal.throwIfAborted();
    // A body of unknown size whose first part is full goes in parts, also where that part turns out to be all of it: so does every other try.
    if (md5s.length === 0) isWhole = source.size === undefined ? part.length < partBytes : isSinglePart(source.size);
    content.update(part);
    md5s.push(createHash('md5').update(part).digest());
    size += part.length;
    await onPart(part, md5s.length, isWhole, soFar);
  };
  for await (const part of source.read(partBytes, signal)) await take(part);
  if (md5s.length === 0) await take(Buffer.alloc(0));
  return soFar();
}

async function put(sender: Sender, key: string, source: BodySource, headers: Record<string, string>, signal: AbortSignal, onSending: (sent: SentObject) => void = () => undefined): Promise<SentObject> {
  let uploadID: string | undefined;
  const etags: string[] = [];
  try {
    const sent = await pass(source, signal, async (part, number, isWhole, soFar) => {
      if (isWhole) {
        onSending(soFar());
        return void (await sender.send({ method: 'PUT', key, headers, body: part }, signal));
      }
      uploadID ??= await multipart.begin(sender, key, headers, signal);
      etags.push(await multipart.putPart(sender, key, uploadID, number, part, signal));
    });
    if (uploadID !== undefined) {
      onSending(sent);
      await multipart.complete(sender, key, uploadID, etags, signal);
    }
    return sent;
  } catch (error) {
    // What fails here is found again by listUnfinished.
    if (uploadID !== undefined) await multipart.abort(sender, { key, uploadID }, AbortSignal.timeout(TIDY_MS)).catch(() => undefined);
    throw error;
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
