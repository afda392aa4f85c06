import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Client } from 'minio';
import { bytesBody } from '../../../src/storage/body.js';
import type { Credentials } from '../../../src/storage/credentials.js';
import { PART_BYTES } from '../../../src/storage/etag.js';
import { probe, probeKey } from '../../../src/storage/probe.js';
import type { BodySource } from '../../../src/storage/object-store.js';
import { presignedGets } from '../../../src/storage/presign.js';
import { putAgain, putOnce } from '../../../src/storage/verified-put.js';
import { documentedPolicy, makeUser, owner, removeUser, type Policy } from './rgw.js';
import { bucket as sandbox, never, sandboxStore } from './sandbox-bucket.js';

jest.setTimeout(30_000);

const id = randomBytes(6).toString('hex');
const bucket = `policy-${id}`;
const PREFIX = 'clusters/prod/';
const user = `packetcapture-${id}`;
let admin: Client;
let credentials: Credentials;
/** As docs/destinations.md has it, of this bucket and this user. */
let documented: Policy;

beforeAll(async () => {
  admin = owner();
  credentials = await makeUser(user);
  await admin.makeBucket(bucket);
  documented = await documentedPolicy(bucket, user);
}, 60_000);

afterAll(async () => {
  for await (const { name } of admin.listObjectsV2(bucket, '', true) as AsyncIterable<{ name: string }>) await admin.removeObject(bucket, name);
  await abortAll();
  await admin.removeBucket(bucket);
  await removeUser(user);
}, 60_000);

const store = () => sandboxStore({ bucket, credentials: () => Promise.resolve(credentials) });
const apply = (policy: Policy): Promise<void> => admin.setBucketPolicy(bucket, JSON.stringify(policy));
/** The policy without one action, or without one statement. */
const without = (action: string, sid?: string): Policy => ({
  ...documented,
  Statement: documented.Statement.map((s) => (sid === undefined || s.Sid === sid ? { ...s, Action: s.Action.filter((a) => a !== action) } : s)).filter(({ Action }) => Action.length > 0),
});
const keys = async (prefix = ''): Promise<string[]> => {
  const found: string[] = [];
  for await (const { name } of admin.listObjectsV2(bucket, prefix, true) as AsyncIterable<{ name: string }>) found.push(name);
  return found;
};
/** With the rights of the bucket's owner. minio asks for the parts of each upload too, which on Ceph are the uploader's alone to see. */
const asOwner = () => sandboxStore({ bucket });
const unfinished = async (): Promise<string[]> => (await asOwner().listUnfinished('', never())).map(({ key }) => key);
const abortAll = async (): Promise<void> => {
  for (const upload of await asOwner().listUnfinished('', never())) await asOwner().abortUnfinished(upload, never());
};
const put = (key: string, content: Buffer) => putOnce(store(), key, bytesBody(content), 'x/y', never());
const tryOut = () => probe(store(), probeKey(PREFIX), Date.now);
/** Fails in its second part, when the first one is there. */
const torn = (): BodySource => ({
  size: 2 * PART_BYTES,
  maxSize: 2 * PART_BYTES,
  // eslint-disable-next-line @typescript-eslint/require-await -- the interface is asynchronous
  async *read() {
    yield Buffer.alloc(PART_BYTES);
    throw new Error('torn');
  },
});
const DENIED = { reason: 'AccessDenied', httpStatus: 403 };

describe('under exactly the policy of docs/destinations.md', () => {
  beforeAll(() => apply(documented));

  test('a probe works, and leaves nothing', async () => {
    await expect(tryOut()).resolves.toBeUndefined();
    expect(await keys(`${PREFIX}.packetcapture-probe-`)).toEqual([]);
  });

  test.each([
    ['one request', 100],
    ['parts', PART_BYTES + 1],
  ])('a file is written in %s, verified, and recognised when it is there already', async (_how, size) => {
    const content = randomBytes(size);
    const key = `${PREFIX}shop/web/${size}`;
    await expect(put(key, content)).resolves.toMatchObject({ size, verifiedBy: 'ETag', written: true });
    await expect(put(key, content)).resolves.toMatchObject({ written: false });
    await expect(put(key, randomBytes(size))).rejects.toMatchObject({ reason: 'VerificationFailed' });
    await expect(store().sha256(key, never())).resolves.toMatch(/^[0-9a-f]{64}$/);
  });

  test('a file is served to whoever has its URL', async () => {
    const key = `${PREFIX}shop/web/served`;
    await put(key, Buffer.from('packets'));
    const [url = ''] = await presignedGets({ endpoint: sandbox.endpoint, region: sandbox.region, bucket, addressing: 'Path' }, credentials, [key], { seconds: 60, nowMs: Date.now() });
    expect(await (await fetch(url)).text()).toBe('packets');
  });

  test('a manifest is written again', async () => {
    for (const content of ['one', 'two']) await expect(putAgain(store(), `${PREFIX}shop/web/manifest/n-01.json`, bytesBody(Buffer.from(content)), 'application/json', never())).resolves.toMatchObject({ written: true });
  });

  test('an upload that fails is aborted, and one that was left is found', async () => {
    await expect(putOnce(store(), `${PREFIX}shop/torn`, torn(), 'x/y', never())).rejects.toThrow('torn');
    expect(await unfinished()).toEqual([]);
    await admin.initiateNewMultipartUpload(bucket, `${PREFIX}shop/left`, {});
    const [upload] = await store().listUnfinished(`${PREFIX}shop/left`, never());
    await store().abortUnfinished(upload ?? { key: '', uploadID: '', initiated: '' }, never());
    expect(await unfinished()).toEqual([]);
  });

  test.each(['elsewhere', 'clusters/production/x', 'clusters/prod', 'other/clusters/prod/x', '.packetcapture-probe-000000000000'])('%j, outside of the prefix, is neither written, read nor removed', async (key) => {
    await admin.putObject(bucket, key, 'of somebody else');
    await expect(store().put(key, bytesBody(Buffer.from('x')), 'x/y', never())).rejects.toMatchObject(DENIED);
    await expect(store().get(key, 100, never())).rejects.toMatchObject(DENIED);
    await expect(store().remove(key, never())).rejects.toMatchObject(DENIED);
  });

  test('no file of a capture is removed, by whoever has the keys', async () => {
    await put(`${PREFIX}shop/web/kept`, Buffer.from('packets'));
    await expect(store().remove(`${PREFIX}shop/web/kept`, never())).rejects.toMatchObject(DENIED);
    expect(await keys(`${PREFIX}shop/web/kept`)).toHaveLength(1);
  });
});

describe('each action is needed: without', () => {
  beforeEach(abortAll);

  test('s3:PutObject a probe fails', async () => {
    await apply(without('s3:PutObject'));
    await expect(tryOut()).resolves.toMatchObject(DENIED);
  });

  // Ceph lets whoever wrote an object read it by that alone: what an earlier user wrote takes the right.
  test('s3:GetObject what was written with the keys of an earlier user is not recognised', async () => {
    const key = `${PREFIX}shop/web/earlier`;
    await admin.putObject(bucket, key, 'packets');
    await apply(documented);
    await expect(put(key, Buffer.from('packets'))).resolves.toMatchObject({ written: false });
    await apply(without('s3:GetObject'));
    await expect(store().head(key, never())).rejects.toMatchObject(DENIED);
    await expect(store().get(key, 100, never())).rejects.toMatchObject(DENIED);
  });

  test('s3:DeleteObject a probe fails', async () => {
    await apply(without('s3:DeleteObject'));
    await expect(tryOut()).resolves.toMatchObject(DENIED);
  });

  test('s3:AbortMultipartUpload what was given up stays, and costs', async () => {
    await apply(without('s3:AbortMultipartUpload'));
    await expect(putOnce(store(), `${PREFIX}shop/costs`, torn(), 'x/y', never())).rejects.toThrow('torn');
    expect(await unfinished()).toEqual([`${PREFIX}shop/costs`]);
  });

  test('s3:ListBucketMultipartUploads what was left is not found, and all else works', async () => {
    await apply(without('s3:ListBucketMultipartUploads'));
    await expect(store().listUnfinished(PREFIX, never())).rejects.toMatchObject(DENIED);
    await expect(tryOut()).resolves.toBeUndefined();
    await expect(put(`${PREFIX}shop/web/unlisted`, randomBytes(PART_BYTES + 1))).resolves.toMatchObject({ verifiedBy: 'ETag' });
  });
});
