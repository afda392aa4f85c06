// The bucket, read by the store's own client: nothing of the product vouches for itself here.
import { Client } from 'minio';
import { manifestFileSchema, manifestSchema } from '../../../src/protocol/manifest.js';
import { bucket as sandbox } from '../../integration/storage/sandbox-bucket.js';
import type { StoredFile, WholeManifest } from './evidence.js';
import { storedFile } from './pcap.js';

export function openBucket(name = sandbox.name) {
  const { hostname, port, protocol } = new URL(sandbox.endpoint);
  const { accessKeyId, secretAccessKey } = sandbox.credentials;
  const client = new Client({ endPoint: hostname, port: Number(port), useSSL: protocol === 'https:', region: sandbox.region, accessKey: accessKeyId, secretKey: secretAccessKey });

  const keys = async (prefix: string): Promise<string[]> => {
    const found: string[] = [];
    for await (const { name: key } of client.listObjectsV2(name, prefix, true) as AsyncIterable<{ name: string }>) found.push(key);
    return found.sort();
  };
  const content = async (key: string): Promise<Buffer> => {
    const chunks: Buffer[] = [];
    for await (const chunk of await client.getObject(name, key)) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  };
  const wholeManifest = async (key: string): Promise<WholeManifest> => {
    const manifest = manifestSchema.parse(JSON.parse((await content(key)).toString()));
    const segments = await Promise.all(manifest.segments.map(async (segment) => manifestFileSchema.array().parse(JSON.parse((await content(segment.key)).toString()))));
    return { ...manifest, allFiles: [...segments.flat(), ...manifest.files] };
  };

  return {
    name,
    keys,
    content,
    async make(): Promise<void> {
      await client.makeBucket(name, sandbox.region);
    },
    async removeBucket(): Promise<void> {
      for (const key of await keys('')) await client.removeObject(name, key);
      await client.removeBucket(name);
    },
    async removeAll(prefix: string): Promise<void> {
      for (const key of await keys(prefix)) await client.removeObject(name, key);
    },
    async stored(prefix: string, numberOf: (packet: Buffer) => number | undefined): Promise<StoredFile[]> {
      const captures = (await keys(prefix)).filter((key) => /\.pcap(\.gz|\.zst)?$/.test(key));
      return Promise.all(captures.map(async (key) => storedFile(key, await content(key), numberOf)));
    },
    async manifests(prefix: string): Promise<WholeManifest[]> {
      const found = (await keys(`${prefix}manifest/`)).filter((key) => /-\d{2,}\.json$/.test(key));
      return Promise.all(found.map(wholeManifest));
    },
    /** Multipart uploads that were begun and neither completed nor aborted. */
    async unfinished(prefix: string): Promise<string[]> {
      const found: string[] = [];
      for await (const { key } of client.listIncompleteUploads(name, prefix, true) as AsyncIterable<{ key: string }>) found.push(key);
      return found;
    },
  };
}
export type Bucket = ReturnType<typeof openBucket>;
