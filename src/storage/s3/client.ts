// minio's client of one bucket: it addresses and signs, and is never let near a socket of its own.
import { Client } from 'minio';
import type { Credentials } from '../credentials.js';
import { endpointOf, type S3Location } from './endpoint.js';

/** `request`: where it sends, it sends through this. */
export function minioClient(location: S3Location, credentials: Credentials, request: (...args: never[]) => unknown): Client {
  const { host, port, secure } = endpointOf(location);
  return new Client({
    endPoint: host,
    port,
    useSSL: secure,
    // Set, or minio would ask the store for the bucket's region first.
    region: location.region,
    pathStyle: location.addressing === 'Path',
    accessKey: credentials.accessKeyId,
    secretKey: credentials.secretAccessKey,
    ...(credentials.sessionToken === undefined ? {} : { sessionToken: credentials.sessionToken }),
    transport: { request: request as never },
  });
}
