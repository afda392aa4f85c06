// The requests of a multipart upload, each one try.
import { bareETag } from '../etag.js';
import type { UnfinishedUpload } from '../object-store.js';
import { hashed, type HashedBody } from './hashed-body.js';
import type { Sender } from './sender.js';
import { elementsOf, escapeText, textOf } from './xml.js';

const escape = encodeURIComponent;
/** No store answers with more uploads, and each that is one's own costs a request. */
const MAX_UPLOADS = 1000;
/** So many, with keys of 1 KiB, take less. */
const MAX_LIST_BYTES = 2 * 1024 * 1024;

/** An id that can go back into a request; anything else that claims to be one is none. */
const isUploadID = (text: string | undefined): text is string => text !== undefined && /^[\u0021-\u007e]{1,1024}$/.test(text);

/** Begins an upload and returns its id. `headers` are those of the object that is to be. */
export async function begin(sender: Sender, key: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<string> {
  const { body, unfit } = await sender.send({ method: 'POST', key, query: 'uploads=', headers }, signal);
  const uploadID = textOf(body.toString('utf8'), 'UploadId');
  if (!isUploadID(uploadID)) throw unfit('no UploadId in the answer to ?uploads');
  return uploadID;
}

/** Sends a part and returns the store's ETag of it, which need not be an MD5. Parts are numbered from 1. */
export async function putPart(sender: Sender, key: string, uploadID: string, partNumber: number, body: HashedBody, signal: AbortSignal): Promise<string> {
  const { headers, unfit } = await sender.send({ method: 'PUT', key, query: `partNumber=${partNumber}&uploadId=${escape(uploadID)}`, body }, signal);
  const etag = bareETag(headers.etag);
  if (!etag) throw unfit('no ETag in the answer to a part');
  return etag;
}

/** Makes the object of its parts. S3 may answer 200 and then say in the body that it failed. */
export async function complete(sender: Sender, key: string, uploadID: string, etags: readonly string[], signal: AbortSignal): Promise<void> {
  const parts = etags.map((etag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>"${escapeText(etag)}"</ETag></Part>`);
  const xml = `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${parts.join('')}</CompleteMultipartUpload>`;
  const request = { method: 'POST', key, query: `uploadId=${escape(uploadID)}`, headers: { 'content-type': 'application/xml' }, body: hashed(Buffer.from(xml)) } as const;
  const { body, unfit } = await sender.send(request, signal);
  const answer = body.toString('utf8');
  if (!answer.includes('<CompleteMultipartUploadResult')) throw unfit(`the upload is not complete: ${[textOf(answer, 'Code'), textOf(answer, 'Message')].filter(Boolean).join(': ')}`);
}

export async function abort(sender: Sender, { key, uploadID }: Pick<UnfinishedUpload, 'key' | 'uploadID'>, signal: AbortSignal): Promise<void> {
  await sender.send({ method: 'DELETE', key, query: `uploadId=${escape(uploadID)}` }, signal);
}

/** The first thousand unfinished uploads of keys that begin with `prefix`. */
export async function list(sender: Sender, prefix: string, signal: AbortSignal): Promise<UnfinishedUpload[]> {
  const { body } = await sender.send({ method: 'GET', query: `max-uploads=${MAX_UPLOADS}&prefix=${escape(prefix)}&uploads=` }, signal, MAX_LIST_BYTES);
  const uploads = elementsOf(body.toString('utf8'), 'Upload').flatMap((xml) => {
    const key = textOf(xml, 'Key');
    const uploadID = textOf(xml, 'UploadId');
    return key !== undefined && isUploadID(uploadID) ? [{ key, uploadID, initiated: textOf(xml, 'Initiated') ?? '' }] : [];
  });
  return uploads.slice(0, MAX_UPLOADS);
}
