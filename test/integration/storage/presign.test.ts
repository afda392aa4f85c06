// Presigned URLs against the real bucket, as whoever has nothing but the URL uses them.
import { createHash, randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { bytesBody } from '../../../src/storage/body.js';
import { presignedGets } from '../../../src/storage/presign.js';
import type { S3Location } from '../../../src/storage/s3/endpoint.js';
import { startGateway, type Gateway } from './rgw.js';
import { bucket, never, ownPrefix, removeAll, sandboxStore } from './sandbox-bucket.js';

jest.setTimeout(30_000);

const prefix = ownPrefix();
const key = `${prefix}shop/web/20261120T030512Z-1a2b3c/web-0_1a2b3c4d/01-000001_20261120T030512Z.pcap`;
const content = randomBytes(100_000);
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
/** By a name that buckets stand before. */
const DOMAIN = 's3.test';
let gateway: Gateway;

beforeAll(async () => {
  gateway = await startGateway([`--rgw-dns-name=${DOMAIN}`]);
  await sandboxStore().put(key, bytesBody(content), 'application/octet-stream', never());
}, 90_000);
afterAll(async () => {
  await removeAll(prefix);
  await gateway?.stop();
}, 30_000);

const sign = async (location: Partial<S3Location> = {}, { seconds = 60, nowMs = Date.now() } = {}, of = key): Promise<string> => {
  const [url = ''] = await presignedGets({ endpoint: bucket.endpoint, region: bucket.region, bucket: bucket.name, addressing: 'Path', ...location }, bucket.credentials, [of], { seconds, nowMs });
  return url;
};

/** As `curl --resolve` does: the URL as it is, its host at the gateway's address. */
function fetchAt(url: string, method = 'GET'): Promise<{ status: number | undefined; body: Buffer }> {
  const address = new URL(gateway.endpoint).hostname;
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, agent: false, lookup: (_host, { all }, found) => (all ? found(null, [{ address, family: 4 }]) : found(null, address, 4)) }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => resolve({ status: response.statusCode, body: Buffer.concat(chunks) })).on('error', reject);
    });
    asked.on('error', reject).end();
  });
}

test('the object by its path, whole, and in the part that a resumed download asks for', async () => {
  const url = await sign();
  const whole = await fetch(url);
  expect([whole.status, sha256(new Uint8Array(await whole.arrayBuffer()))]).toEqual([200, sha256(content)]);
  const rest = await fetch(url, { headers: { range: 'bytes=99000-' } });
  expect([rest.status, Buffer.from(await rest.arrayBuffer()).equals(content.subarray(99_000))]).toEqual([206, true]);
});

test.each<[string, S3Location['addressing'], string]>([
  ['by the host of its bucket', 'VirtualHost', `${bucket.name}.${DOMAIN}`],
  ['by its path at the external endpoint, which the operator does not use itself', 'Path', DOMAIN],
])('the object %s', async (_how, addressing, host) => {
  const url = await sign({ endpoint: `http://${DOMAIN}:${new URL(gateway.endpoint).port}`, addressing });
  expect(new URL(url).hostname).toBe(host);
  const { status, body } = await fetchAt(url);
  expect([status, sha256(body)]).toEqual([200, sha256(content)]);
});

describe('hostile: credential', () => {
  test('a URL whose time is over → serves nothing', async () => {
    expect((await fetch(await sign({}, { seconds: 1, nowMs: Date.now() - 5000 }))).status).toBe(403);
  });

  test('a URL bent to another object, another host, a longer time → serves nothing', async () => {
    const url = await sign();
    for (const bent of [url.replace('/01-000001', '/01-000002'), url.replace('X-Amz-Expires=60', 'X-Amz-Expires=600000'), url.replace(/shop\/web/, 'shop/../bank'), url.replace(bucket.name, 'another-bucket')]) expect((await fetch(bent)).status).toBeGreaterThanOrEqual(400);
    expect((await fetchAt(url.replace(new URL(bucket.endpoint).host, `${DOMAIN}:${new URL(gateway.endpoint).port}`))).status).toBe(403);
  });

  test.each(['PUT', 'DELETE', 'POST'])('a URL used to %s → refused, and the object is as it was', async (method) => {
    expect((await fetch(await sign(), { method, ...(method !== 'DELETE' && { body: 'x' }) })).status).toBeGreaterThanOrEqual(400);
    await expect(sandboxStore().sha256(key, never())).resolves.toBe(sha256(content));
  });

  test('a URL of the bucket itself → lists nothing', async () => {
    const url = await sign();
    expect((await fetch(url.replace(key, ''))).status).toBeGreaterThanOrEqual(400);
  });
});
