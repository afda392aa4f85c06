// URLs that serve one object each to whoever has them, for a while. Made here, without a request.
import type { Credentials } from './credentials.js';
import { minioClient } from './s3/client.js';
import type { S3Location } from './s3/endpoint.js';

/** The longest that S3 takes. */
export const PRESIGN_MAX_MS = 7 * 24 * 3_600_000;

export interface Validity {
  /** Whole seconds, from the second of `nowMs` on. */
  seconds: number;
  nowMs: number;
}

/** Of each key the URL of a GET, in the order of the keys. `location.endpoint` is the host in them. Keys that expire end the URLs too. */
export async function presignedGets(location: S3Location, credentials: Credentials, keys: readonly string[], { seconds, nowMs }: Validity): Promise<string[]> {
  const client = minioClient(location, credentials, () => {
    throw new Error('signing sends nothing');
  });
  const urls: string[] = [];
  for (const key of keys) urls.push(await client.presignedUrl('GET', location.bucket, key, seconds, {}, new Date(nowMs)));
  return urls;
}
