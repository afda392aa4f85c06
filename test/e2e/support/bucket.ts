// The bucket under test, read with the store's own API: nothing of the product vouches for itself here.
import { createHash } from 'node:crypto';
import { Client } from 'minio';
import { manifestSchema, type Manifest } from '../../../src/protocol/manifest.js';

const need = (name: string): string => {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`${name} is not set: run the e2e tests by "make test-e2e", or name a bucket that the cluster reaches`);
  return value;
};

export const S3 = {
  endpoint: need('SANDBOX_S3_ENDPOINT'),
  region: need('SANDBOX_S3_REGION'),
  bucket: need('SANDBOX_S3_BUCKET'),
  accessKey: need('SANDBOX_S3_ACCESS_KEY_ID'),
  secretKey: need('SANDBOX_S3_SECRET_ACCESS_KEY'),
};

const { hostname, port, protocol } = new URL(S3.endpoint);
const client = new Client({ endPoint: hostname, useSSL: protocol === 'https:', ...(port !== '' && { port: Number(port) }), region: S3.region, accessKey: S3.accessKey, secretKey: S3.secretKey });

export interface StoredObject {
  key: string;
  size: number;
  etag: string;
  lastModified: number;
}

export async function objects(prefix: string, bucket = S3.bucket): Promise<StoredObject[]> {
  const found: StoredObject[] = [];
  for await (const item of client.listObjectsV2(bucket, prefix, true) as AsyncIterable<{ name: string; size: number; etag: string; lastModified: Date }>) {
    found.push({ key: item.name, size: item.size, etag: item.etag, lastModified: item.lastModified.getTime() });
  }
  return found;
}

export const pcaps = async (prefix: string, bucket = S3.bucket): Promise<StoredObject[]> => (await objects(prefix, bucket)).filter(({ key }) => /\.pcap(\.gz|\.zst)?$/.test(key));

export async function content(key: string, bucket = S3.bucket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of await client.getObject(bucket, key)) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

export const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** Every manifest of a run, by its key. */
export async function manifests(prefix: string, bucket = S3.bucket): Promise<Map<string, Manifest>> {
  const found = new Map<string, Manifest>();
  for (const { key } of await objects(`${prefix}manifest/`, bucket)) if (/-[0-9]{2}\.json$/.test(key)) found.set(key, manifestSchema.parse(JSON.parse((await content(key, bucket)).toString())));
  return found;
}

export async function removeAll(prefix: string, bucket = S3.bucket): Promise<void> {
  for (const { key } of await objects(prefix, bucket)) await client.removeObject(bucket, key);
}

/** A bucket that keeps every version of every object, so that a second write of a key can be seen. */
export async function versionedBucket(): Promise<string> {
  const bucket = `${S3.bucket}-versioned`;
  if (!(await client.bucketExists(bucket))) await client.makeBucket(bucket, S3.region);
  await client.setBucketVersioning(bucket, { Status: 'Enabled' });
  return bucket;
}

/** A bucket whose owner reads what others wrote to it: on Ceph an object is its writer's. */
export async function readableBucket(): Promise<string> {
  const bucket = `${S3.bucket}-of-others`;
  if (!(await client.bucketExists(bucket))) await client.makeBucket(bucket, S3.region);
  const everything = { Effect: 'Allow', Principal: { AWS: ['*'] }, Action: ['s3:GetObject', 's3:DeleteObject'], Resource: [`arn:aws:s3:::${bucket}/*`] };
  await client.setBucketPolicy(bucket, JSON.stringify({ Version: '2012-10-17', Statement: [everything] }));
  return bucket;
}

/** A bucket of its own, which takes nothing more while it `refuses`: not from its owner either. */
export async function refusingBucket(refuses: boolean): Promise<string> {
  const bucket = `${S3.bucket}-refusing`;
  if (!(await client.bucketExists(bucket))) await client.makeBucket(bucket, S3.region);
  const writes = { Effect: refuses ? 'Deny' : 'Allow', Principal: { AWS: ['*'] }, Action: ['s3:PutObject'], Resource: [`arn:aws:s3:::${bucket}/*`] };
  await client.setBucketPolicy(bucket, JSON.stringify({ Version: '2012-10-17', Statement: [writes] }));
  return bucket;
}

export async function versions(prefix: string, bucket: string): Promise<{ key: string; versionID: string }[]> {
  const found: { key: string; versionID: string }[] = [];
  const listed = client.listObjects(bucket, prefix, true, { IncludeVersion: true }) as unknown as AsyncIterable<{ name: string; versionId: string }>;
  for await (const item of listed) found.push({ key: item.name, versionID: item.versionId });
  return found;
}

/** A bucket that takes a probe, and nothing below one prefix until it is allowed: also its owner's files are refused. */
export async function probesOnlyBucket(prefix: string): Promise<{ bucket: string; allow: () => Promise<void> }> {
  const bucket = `${S3.bucket}-for-probes`;
  if (!(await client.bucketExists(bucket))) await client.makeBucket(bucket, S3.region);
  const judge = (Effect: 'Deny' | 'Allow'): Promise<void> =>
    client.setBucketPolicy(bucket, JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect, Principal: { AWS: ['*'] }, Action: ['s3:PutObject'], Resource: [`arn:aws:s3:::${bucket}/${prefix}*`] }] }));
  await judge('Deny');
  return { bucket, allow: () => judge('Allow') };
}
