// The requests of a multipart upload, each one try.
import { DELIVERY_REASON } from '../../api/reasons.js';
import { StorageError } from '../errors.js';
import { bareETag } from '../etag.js';
import type { UnfinishedUpload } from '../object-store.js';
import type { Sender } from './sender.js';
import { elementsOf, escapeText, textOf } from './xml.js';

const escape = encodeURIComponent;

/** Begins an upload and returns its id. `headers` are those of the object that is to be. */
export async function begin(sender: Sender, key: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<string> {
  const { body } = await sender.send({ method: 'POST', key, query: 'uploads=', headers }, signal);
  const uploadID = textOf(body.toString('utf8'), 'UploadId');
  if (!uploadID) throw noSense('POST ?uploads', key, 'no UploadId in the answer');
  return uploadID;
}

/** Sends a part and returns the store's ETag of it, which need not be an MD5. Parts are numbered from 1. */
export async function putPart(sender: Sender, key: string, uploadID: string, partNumber: number, body: Buffer, signal: AbortSignal): Promise<string> {
  const { headers } = await sender.send({ method: 'PUT', key, query: `partNumber=${partNumber}&uploadId=${escape(uploadID)}`, body }, signal);
  const etag = bareETag(headers.etag);
  if (!etag) throw noSense('PUT of a part', key, 'no ETag in the answer');
  return etag;
}

/** Makes the object of its parts. S3 may answer 200 and then say in the body that it failed. */
export async function complete(sender: Sender, key: string, uploadID: string, etags: readonly string[], signal: AbortSignal): Promise<void> {
  const parts = etags.map((etag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>"${escapeText(etag)}"</ETag></Part>`);
  const xml = `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${parts.join('')}</CompleteMultipartUpload>`;
  const request = { method: 'POST', key, query: `uploadId=${escape(uploadID)}`, headers: { 'content-type': 'application/xml' }, body: Buffer.from(xml) } as const;
  const { body } = await sender.send(request, signal);
  const answer = body.toString('utf8');
  if (!answer.includes('<CompleteMultipartUploadResult')) throw noSense('completing the upload', key, [textOf(answer, 'Code'), textOf(answer, 'Message')].join(': '));
}

export async function abort(sender: Sender, { key, uploadID }: Pick<UnfinishedUpload, 'key' | 'uploadID'>, signal: AbortSignal): Promise<void> {
  await sender.send({ method: 'DELETE', key, query: `uploadId=${escape(uploadID)}` }, signal);
}

/** The first thousand unfinished uploads of keys that begin with `prefix`. */
export async function list(sender: Sender, prefix: string, signal: AbortSignal): Promise<UnfinishedUpload[]> {
  const { body } = await sender.send({ method: 'GET', query: `max-uploads=1000&prefix=${escape(prefix)}&uploads=` }, signal);
  return elementsOf(body.toString('utf8'), 'Upload').flatMap((xml) => {
    const key = textOf(xml, 'Key');
    const uploadID = textOf(xml, 'UploadId');
    return key !== undefined && uploadID ? [{ key, uploadID, initiated: textOf(xml, 'Initiated') ?? '' }] : [];
  });
}

const noSense = (what: string, key: string, said: string): StorageError =>
  new StorageError({ reason: DELIVERY_REASON.storeError, httpStatus: 200, message: `${what} ${key}: HTTP 200, but ${said}` });
