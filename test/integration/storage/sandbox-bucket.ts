// The sandbox's bucket for tests, each under a prefix of its own. Absent variables fail the test: a store is part of what is tested.
import { randomBytes } from 'node:crypto';
import { Client } from 'minio';
import { createS3Store, type S3Options } from '../../../src/storage/s3.js';
import type { ObjectStore } from '../../../src/storage/object-store.js';

function required(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: these tests need a real bucket; start the sandbox and run 'eval "$(hack/sandbox/sandbox env)"' first`);
  return value;
}

export const bucket = {
  get endpoint() {
    return required('SANDBOX_S3_ENDPOINT');
  },
  get region() {
    return process.env['SANDBOX_S3_REGION'] ?? 'us-east-1';
  },
  get name() {
    return required('SANDBOX_S3_BUCKET');
  },
  get credentials() {
    return { accessKeyId: required('SANDBOX_S3_ACCESS_KEY_ID'), secretAccessKey: required('SANDBOX_S3_SECRET_ACCESS_KEY') };
  },
};

/** The sandbox's bucket, with one-line overrides. */
export const sandboxStore = (override: Partial<S3Options> = {}): ObjectStore =>
  createS3Store({ endpoint: bucket.endpoint, region: bucket.region, bucket: bucket.name, addressing: 'Path', credentials: () => Promise.resolve(bucket.credentials), ...override });

/** A prefix that no other test uses. */
export const ownPrefix = (): string => `test-storage/${randomBytes(6).toString('hex')}/`;

export const never = (): AbortSignal => new AbortController().signal;

/** Removes what a test left, so that the sandbox's disk does not fill. By minio alone: another eye on the bucket than the code under test. */
export async function removeAll(prefix: string): Promise<void> {
  const { hostname, port, protocol } = new URL(bucket.endpoint);
  const { accessKeyId, secretAccessKey } = bucket.credentials;
  const client = new Client({ endPoint: hostname, port: Number(port), useSSL: protocol === 'https:', region: bucket.region, accessKey: accessKeyId, secretKey: secretAccessKey });
  for await (const { name } of client.listObjectsV2(bucket.name, prefix, true) as AsyncIterable<{ name: string }>) await client.removeObject(bucket.name, name);
}
