// A request to the bucket, addressed and signed by minio, ready to be sent.
// minio only signs here. Its own sending reads error bodies without bound, has no time limits and no abort, answers 503 with an
// error that lost status and Retry-After, and its multipart upload goes on with whatever unfinished upload it finds under the key.
import { PassThrough } from 'node:stream';
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import type { Credentials } from '../credentials.js';
import { minioClient } from './client.js';
import type { S3Location } from './endpoint.js';
import { hashed, type HashedBody } from './hashed-body.js';

export interface S3Request {
  method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  /** Absent: the bucket itself. */
  key?: string | undefined;
  /** Escaped, without the question mark. */
  query?: string;
  headers?: Readonly<Record<string, string>>;
  body?: HashedBody;
}

export const EMPTY = hashed(Buffer.alloc(0));

/** Options for `http.request` or `https.request`, with the Authorization header. */
export async function signed(request: S3Request, location: S3Location, credentials: Credentials): Promise<RequestOptions> {
  let caught: RequestOptions | undefined;
  const catcher = (options: RequestOptions, answer: (response: IncomingMessage) => void): ClientRequest => {
    caught = options;
    queueMicrotask(() => answer({ statusCode: 200 } as IncomingMessage));
    return new PassThrough() as unknown as ClientRequest;
  };
  const client = minioClient(location, credentials, catcher);
  const body = request.body ?? EMPTY;
  // Without TLS the hash of the body is signed; with it the body is vouched for by Content-MD5.
  const payloadHash = client.enableSHA256 ? body.sha256().toString('hex') : '';
  const hasBody = request.method === 'PUT' || request.method === 'POST';
  await client.makeRequestStreamAsync(
    {
      method: request.method,
      bucketName: location.bucket,
      ...(request.key === undefined ? {} : { objectName: request.key }),
      query: request.query ?? '',
      headers: { ...request.headers, ...(hasBody ? { 'content-length': body.size, 'content-md5': body.md5.toString('base64') } : {}) },
    },
    '',
    payloadHash,
    [200],
    location.region,
  );
  if (!caught) throw new Error('minio signed a request without sending it');
  // minio leaves its own choice of connections in; ours come with the exchange.
  return { ...caught, agent: undefined };
}
