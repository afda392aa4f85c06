import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { createUploader } from '../../../src/agent/upload/uploader.js';
import { bytesBody, fileRangeBody } from '../../../src/storage/body.js';
import { credentialsFromFolder } from '../../../src/storage/credentials.js';
import { MIB, PART_BYTES } from '../../../src/storage/etag.js';
import { probe, probeKey } from '../../../src/storage/probe.js';
import { putAgain, putOnce } from '../../../src/storage/verified-put.js';
import { startFaultProxy } from './fault-proxy.js';
import { bucket, never, ownPrefix, removeAll, sandboxStore } from './sandbox-bucket.js';

jest.setTimeout(30_000);

const prefix = ownPrefix();
const testsEnd = new AbortController();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 's3-'));
});
afterAll(async () => {
  testsEnd.abort();
  await rm(folder, { recursive: true });
  await removeAll(prefix);
});

const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex');
const put = (key: string, content: Buffer) => putOnce(sandboxStore(), key, bytesBody(content), 'application/octet-stream', never());

test.each([
  ['nothing', 0, /^[0-9a-f]{32}$/],
  ['a few bytes', 10, /^[0-9a-f]{32}$/],
  ['exactly one part', PART_BYTES, /^[0-9a-f]{32}$/],
  ['one byte more than a part', PART_BYTES + 1, /-2$/],
  ['an exact multiple of parts', 2 * PART_BYTES, /-2$/],
  ['20 MiB', 20 * MIB, /-3$/],
])('%s (%p bytes) arrives as it is, with the ETag that was computed here', async (_, size, form) => {
  const content = randomBytes(size);
  const key = `${prefix}size/${size}`;
  const object = await put(key, content);
  expect(object).toMatchObject({ size, sha256: sha256(content), verifiedBy: 'ETag', written: true });
  expect(object.etag).toMatch(form);
  await expect(sandboxStore().sha256(key, never())).resolves.toBe(sha256(content));
});

test('a range of a file arrives with its prologue, also an empty range', async () => {
  const path = join(folder, 'ring');
  const content = randomBytes(1000);
  const prologue = randomBytes(24);
  await writeFile(path, content);
  for (const [start, end] of [[100, 600], [600, 600]] as const) {
    const key = `${prefix}range/${start}-${end}`;
    await putOnce(sandboxStore(), key, fileRangeBody(path, start, end, prologue), 'x/y', never());
    await expect(sandboxStore().get(key, 10_000, never())).resolves.toEqual(Buffer.concat([prologue, content.subarray(start, end)]));
  }
});

test('a range of a file with a prologue goes in parts as well', async () => {
  const path = join(folder, 'big');
  const content = randomBytes(2 * PART_BYTES);
  const prologue = randomBytes(24);
  await writeFile(path, content);
  const whole = Buffer.concat([prologue, content.subarray(1)]);
  const object = await putOnce(sandboxStore(), `${prefix}range/big`, fileRangeBody(path, 1, content.length, prologue), 'x/y', never());
  expect(object).toMatchObject({ size: whole.length, sha256: sha256(whole) });
  expect(object.etag).toMatch(/-3$/);
});

test('parts of a file that are sent at the same time are put together in their order', async () => {
  const path = join(folder, 'wide');
  const content = randomBytes(5 * PART_BYTES + 7);
  await writeFile(path, content);
  const object = await putOnce(sandboxStore(), `${prefix}wide`, { ...fileRangeBody(path, 0, content.length), width: () => 3 }, 'x/y', never());
  expect(object).toMatchObject({ size: content.length, sha256: sha256(content), verifiedBy: 'ETag' });
  await expect(sandboxStore().sha256(`${prefix}wide`, never())).resolves.toBe(sha256(content));
});

test('a file that changes after it was hashed is refused by the store, and nothing of it stays there', async () => {
  const path = join(folder, 'changing');
  const change = (): void => writeFileSync(path, 'changed', { flag: 'r+' });
  const key = `${prefix}changing`;
  const proxy = await startFaultProxy(bucket.endpoint);
  try {
    const store = sandboxStore({ endpoint: proxy.endpoint });
    for (const size of [1000, 2 * PART_BYTES + 1]) {
      await writeFile(path, randomBytes(size));
      // The first part is hashed when its upload begins.
      proxy.decide = ({ method }) => void (method === 'POST' && change());
      const attempt = putOnce(store, key, { ...fileRangeBody(path, 0, size), width: () => 2 }, 'x/y', never(), change);
      await expect(attempt).rejects.toMatchObject({ name: 'StorageError', httpStatus: 400 });
      await expect(sandboxStore().head(key, never())).resolves.toBeUndefined();
      await expect(sandboxStore().listUnfinished(key, never())).resolves.toEqual([]);
    }
  } finally {
    await proxy.close();
  }
});

test.each([1000, PART_BYTES + 1])('an identical object of %p bytes is not written again', async (size) => {
  const key = `${prefix}identical/${size}`;
  const content = randomBytes(size);
  await put(key, content);
  const before = await sandboxStore().head(key, never());
  await new Promise((resolve) => setTimeout(resolve, 1100));
  await expect(put(key, content)).resolves.toMatchObject({ written: false, verifiedBy: 'ETag', sha256: sha256(content) });
  await expect(sandboxStore().head(key, never())).resolves.toEqual(before);
});

test('another object under the key stays as it is', async () => {
  const key = `${prefix}occupied`;
  await put(key, Buffer.from('theirs!'));
  await expect(put(key, Buffer.from('packets'))).rejects.toMatchObject({ reason: 'VerificationFailed' });
  await expect(sandboxStore().get(key, 100, never())).resolves.toEqual(Buffer.from('theirs!'));
});

test('a manifest is rewritten', async () => {
  const key = `${prefix}manifest.json`;
  for (const text of ['{"final":false}', '{"final":true}']) await putAgain(sandboxStore(), key, bytesBody(Buffer.from(text)), 'application/json', never());
  await expect(sandboxStore().get(key, 100, never())).resolves.toEqual(Buffer.from('{"final":true}'));
});

test('keys with all that is allowed in them work, in parts too', async () => {
  for (const size of [1, PART_BYTES + 1]) await expect(put(`${prefix}a b+ü!'()*~&=%2F/${size}`, Buffer.alloc(size))).resolves.toMatchObject({ size });
});

test('what is not there is undefined, and can be removed', async () => {
  const store = sandboxStore();
  await expect(store.head(`${prefix}none`, never())).resolves.toBeUndefined();
  await expect(store.get(`${prefix}none`, 10, never())).resolves.toBeUndefined();
  await expect(store.sha256(`${prefix}none`, never())).resolves.toBeUndefined();
  await expect(store.remove(`${prefix}none`, never())).resolves.toBeUndefined();
});

test('no more of an object is taken into memory than was asked for', async () => {
  await put(`${prefix}long`, Buffer.alloc(1001));
  await expect(sandboxStore().get(`${prefix}long`, 1000, never())).rejects.toThrow('the answer has more than 1000 bytes');
});

test.each([
  ['an unknown key', { accessKeyId: 'AKNOBODY', secretAccessKey: 'wrong-secret-key' }],
  ['a wrong secret', () => ({ ...bucket.credentials, secretAccessKey: 'wrong-secret-key' })],
])('%s is AccessDenied, in the store’s words and without the keys', async (_, keys) => {
  const credentials = typeof keys === 'function' ? keys() : keys;
  const attempt = putOnce(sandboxStore({ credentials: () => Promise.resolve(credentials) }), `${prefix}denied`, bytesBody(Buffer.alloc(PART_BYTES)), 'x/y', never());
  await expect(attempt).rejects.toMatchObject({ name: 'StorageError', reason: 'AccessDenied', message: expect.stringContaining('HTTP 40') });
  for (const secret of Object.values(credentials)) await expect(attempt).rejects.not.toMatchObject({ message: expect.stringContaining(secret) });
});

test('keys that are put right in their folder are used at the next try', async () => {
  const { accessKeyId, secretAccessKey } = bucket.credentials;
  await writeFile(join(folder, 'accessKeyId'), accessKeyId);
  await writeFile(join(folder, 'secretAccessKey'), 'not-yet');
  const path = join(folder, 'file');
  await writeFile(path, 'packets');
  const up = createUploader({ store: sandboxStore({ credentials: credentialsFromFolder(folder) }) });
  const seen: unknown[] = [];
  up.onChange(() => {
    seen.push(up.delivery);
    if (!up.delivery.ok) void writeFile(join(folder, 'secretAccessKey'), `${secretAccessKey}\n`);
  });
  const delivered = await up.deliver({ key: `${prefix}rotated`, path, start: 0, end: 7, target: 't', packets: 1 }, testsEnd.signal);
  expect(delivered).toMatchObject({ size: 7, sha256: sha256(Buffer.from('packets')) });
  expect(seen).toMatchObject([{ ok: false, reason: 'AccessDenied', httpStatus: 403 }, { ok: true }]);
});

test.each([1000, PART_BYTES, PART_BYTES + 1])('a missing bucket is BucketNotFound with %p bytes', async (size) => {
  const store = sandboxStore({ bucket: 'no-such-bucket-here' });
  await expect(putOnce(store, 'k', bytesBody(Buffer.alloc(size)), 'x/y', never())).rejects.toMatchObject({ reason: 'BucketNotFound', httpStatus: 404, code: 'NoSuchBucket' });
});

test.each([
  ['nobody listens', 'http://127.0.0.1:9', 'ECONNREFUSED'],
  ['the name is unknown', 'http://no-such-host.invalid', 'ENOTFOUND'],
])('where %s the bucket is unreachable', async (_, endpoint, code) => {
  await expect(sandboxStore({ endpoint }).head('k', never())).rejects.toMatchObject({ reason: 'BucketUnreachable', code, httpStatus: undefined });
});

test('TLS spoken to a store without it is unreachable, with the fix', async () => {
  await expect(sandboxStore({ endpoint: bucket.endpoint.replace(/^http:/, 'https:') }).head('k', never())).rejects.toThrow('check http or https in the endpoint');
});

test('an unfinished upload is listed by prefix and aborted, and again without complaint', async () => {
  const store = sandboxStore();
  const failing = { size: 2 * PART_BYTES, maxSize: 2 * PART_BYTES, read: async function* () { yield await Promise.resolve(Buffer.alloc(PART_BYTES)); throw new Error('disk'); } };
  await expect(store.put(`${prefix}torn`, failing, 'x/y', never())).rejects.toThrow('disk');
  await expect(store.listUnfinished(prefix, never())).resolves.toEqual([]);
  await expect(store.head(`${prefix}torn`, never())).resolves.toBeUndefined();
  await expect(store.abortUnfinished({ key: `${prefix}torn`, uploadID: '2~nothing', initiated: '' }, never())).resolves.toBeUndefined();
});

test('a probe finds a good bucket good and leaves nothing there, and says what is wrong with a bad one', async () => {
  const key = probeKey(prefix);
  await expect(probe(sandboxStore(), key, Date.now)).resolves.toBeUndefined();
  await expect(sandboxStore().head(key, never())).resolves.toBeUndefined();
  await expect(probe(sandboxStore({ bucket: 'no-such-bucket-here' }), key, Date.now)).resolves.toMatchObject({ reason: 'BucketNotFound' });
});
