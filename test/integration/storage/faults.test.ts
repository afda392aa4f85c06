import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { createUploader } from '../../../src/agent/upload/uploader.js';
import type { SentObject } from '../../../src/storage/object-store.js';
import { bytesBody } from '../../../src/storage/body.js';
import { MIB, PART_BYTES } from '../../../src/storage/etag.js';
import { findSent, putOnce } from '../../../src/storage/verified-put.js';
import { startFaultProxy, type Fault, type FaultProxy, type SeenRequest } from './fault-proxy.js';
import { bucket, never, ownPrefix, removeAll, sandboxStore } from './sandbox-bucket.js';

jest.setTimeout(30_000);

let proxy: FaultProxy;
let folder: string;
let prefix: string;
let testEnd: AbortController;
beforeEach(async () => {
  testEnd = new AbortController();
  prefix = ownPrefix();
  proxy = await startFaultProxy(bucket.endpoint);
  folder = await mkdtemp(join(tmpdir(), 'faults-'));
});
afterEach(async () => {
  // An uploader tries for ever, also after its test failed.
  testEnd.abort(new Error('the test is over'));
  await proxy.close();
  await rm(folder, { recursive: true });
  await removeAll(prefix);
});

const store = (stallMs = 2000) => sandboxStore({ endpoint: proxy.endpoint, limits: { stallMs, requestMs: 20_000 } });
/** The fault befalls the first request that is meant. */
function once(meant: (request: SeenRequest) => boolean, fault: Fault) {
  let done = false;
  proxy.decide = (request) => (!done && meant(request) ? ((done = true), fault) : undefined);
}
const isPut = ({ method }: SeenRequest) => method === 'PUT';
const isPart = (number: string) => ({ method, query }: SeenRequest) => method === 'PUT' && query.get('partNumber') === number;
const isComplete = ({ method, query }: SeenRequest) => method === 'POST' && query.has('uploadId');
const sizes = { small: 3 * MIB, large: 20 * MIB };

/** Delivers random content past the faults, and asks the bucket without the proxy what arrived. */
async function deliver(size: number) {
  const content = randomBytes(size);
  const path = join(folder, 'file');
  await writeFile(path, content);
  const up = createUploader({ store: store() });
  const seen: (string | undefined)[] = [];
  up.onChange(() => seen.push(up.delivery.reason));
  const key = `${prefix}file`;
  await up.deliver({ key, path, start: 0, end: size, target: 't', packets: 1 }, testEnd.signal);
  expect(await sandboxStore().sha256(key, never())).toBe(createHash('sha256').update(content).digest('hex'));
  expect(up.delivery.ok).toBe(true);
  expect(await sandboxStore().listUnfinished(prefix, never())).toEqual([]);
  return seen;
}

test.each<[string, number, (request: SeenRequest) => boolean, Fault, string]>([
  ['a reset in the body', sizes.small, isPut, { kind: 'reset', afterBytes: MIB }, 'BucketUnreachable'],
  ['a reset in a later part', sizes.large, isPart('2'), { kind: 'reset', afterBytes: MIB }, 'BucketUnreachable'],
  ['a stall in the body', sizes.small, isPut, { kind: 'stall', afterBytes: MIB }, 'BucketUnreachable'],
  ['a stall in the last part', sizes.large, isPart('3'), { kind: 'stall', afterBytes: MIB }, 'BucketUnreachable'],
  ['a byte flipped on its way', sizes.small, isPut, { kind: 'corrupt', atByte: MIB }, 'StoreError'],
  ['a byte flipped in a part', sizes.large, isPart('2'), { kind: 'corrupt', atByte: MIB }, 'StoreError'],
  ['a lost answer to a part', sizes.large, isPart('1'), { kind: 'loseAnswer' }, 'BucketUnreachable'],
  ['an overloaded store', sizes.small, isPut, { kind: 'answer', status: 503, headers: { 'retry-after': '1' }, body: '<Error><Code>SlowDown</Code></Error>' }, 'StoreError'],
  ['a broken store', sizes.large, isComplete, { kind: 'answer', status: 500 }, 'StoreError'],
  ['a 200 that says it failed', sizes.large, isComplete, { kind: 'answer', status: 200, body: '<Error><Code>InternalError</Code></Error>' }, 'StoreError'],
  ['a 200 of nonsense', sizes.large, ({ method, query }) => method === 'POST' && query.has('uploads'), { kind: 'answer', status: 200, body: '<a'.repeat(1000) }, 'StoreError'],
  ['an error without end', sizes.small, isPut, { kind: 'endless', status: 500 }, 'StoreError'],
  ['an object that was accepted and is not there', sizes.small, isPut, { kind: 'swallow' }, 'VerificationFailed'],
  ['a stall before the answer', sizes.large, isComplete, { kind: 'stallAnswer', afterBytes: 10 }, 'BucketUnreachable'],
  ['an answer that is cut', sizes.large, isComplete, { kind: 'cutAnswer', afterBytes: 10 }, 'BucketUnreachable'],
  ['a bucket that is gone and is made again', sizes.small, isPut, { kind: 'answer', status: 404, body: '<Error><Code>NoSuchBucket</Code></Error>' }, 'BucketNotFound'],
  ['rejected keys', sizes.small, isPut, { kind: 'answer', status: 403 }, 'AccessDenied'],
])('%s (%p bytes) is got over by a retry', async (_, size, meant, fault, reason) => {
  once(meant, fault);
  expect(await deliver(size)).toEqual([reason, undefined]);
});

test.each([
  ['a whole body', sizes.small, isPut],
  ['the last step of parts', sizes.large, isComplete],
])('what was stored though the answer to %s was lost is recognised, not written again', async (_, size, meant) => {
  once(meant, { kind: 'loseAnswer' });
  await deliver(size);
  expect(proxy.seen.filter(meant)).toHaveLength(1);
});

test('a kept connection that the store closed meanwhile is no failure', async () => {
  const s = store();
  await s.head(`${prefix}k`, never());
  once(() => true, { kind: 'reset', afterBytes: 0 });
  await expect(s.head(`${prefix}k`, never())).resolves.toBeUndefined();
  expect(proxy.seen).toHaveLength(3);
});

describe('hostile: bucket servers', () => {
  test('a redirect of a whole upload to a bucket that would take it → not followed, nothing is there', async () => {
    proxy.decide = () => ({ kind: 'answer', status: 307, headers: { location: `${bucket.endpoint}/${bucket.name}/${prefix}k` } });
    await expect(store().put(`${prefix}k`, bytesBody(Buffer.from('x')), 'x/y', never())).rejects.toThrow('redirects are not followed');
    expect(proxy.seen).toHaveLength(1);
    await expect(sandboxStore().head(`${prefix}k`, never())).resolves.toBeUndefined();
  });
});

test('a store that takes the connection and says nothing is given up', async () => {
  proxy.decide = () => ({ kind: 'stall', afterBytes: 0 });
  await expect(store(500).head(`${prefix}k`, never())).rejects.toMatchObject({ reason: 'BucketUnreachable', message: expect.stringContaining('no byte in either direction for 0.5 s') });
});

test.each([sizes.small, sizes.large])('an abort ends an upload of %p bytes at once and leaves nothing behind', async (size) => {
  const abort = new AbortController();
  proxy.decide = ({ method, query }) => {
    if (method !== 'PUT' || (size > PART_BYTES && query.get('partNumber') !== '2')) return undefined;
    setTimeout(() => abort.abort(new Error('stopped')), 50);
    return { kind: 'stall', afterBytes: MIB };
  };
  const start = Date.now();
  await expect(putOnce(store(), `${prefix}k`, bytesBody(randomBytes(size)), 'x/y', abort.signal)).rejects.toThrow('stopped');
  expect(Date.now() - start).toBeLessThan(3000);
  await expect(sandboxStore().head(`${prefix}k`, never())).resolves.toBeUndefined();
  await expect(sandboxStore().listUnfinished(prefix, never())).resolves.toEqual([]);
});

test.each([
  ['small', isPut],
  ['large', isComplete],
] as const)('a %s object whose upload was given up, unheard, is found where the store has it, and not where it was cut off before', async (size, isLast) => {
  const tryIt = async (key: string, fault: Fault) => {
    const abort = new AbortController();
    once(isLast, fault);
    const sent: SentObject[] = [];
    const content = randomBytes(sizes[size]);
    const putting = putOnce(store(), key, bytesBody(content), 'x/y', abort.signal, (object) => {
      sent.push(object);
      setTimeout(() => abort.abort(new Error('let go')), 1000);
    });
    await expect(putting).rejects.toThrow();
    expect(sent).toMatchObject([{ size: sizes[size], sha256: createHash('sha256').update(content).digest('hex') }]);
    return findSent(sandboxStore(), key, sent[0] as SentObject, never());
  };
  await expect(tryIt(`${prefix}there`, { kind: 'loseAnswer' })).resolves.toMatchObject({ size: sizes[size], verifiedBy: 'ETag' });
  await expect(tryIt(`${prefix}cut`, { kind: 'stall', afterBytes: 100 })).resolves.toBeUndefined();
});

test('an upload that a killed agent left half done is aborted by the next one', async () => {
  await leaveHalfDone(`${prefix}file`);
  await expect(sandboxStore().listUnfinished(prefix, never())).resolves.toMatchObject([{ key: `${prefix}file` }]);
  await deliver(sizes.large);
});

test('an upload that a killed agent left half done, of a file that was given up since, is forgotten at the end, and no upload of another', async () => {
  const [mine, another] = [`${prefix}mine/1`, `${prefix}another/1`];
  for (const key of [mine, another]) await leaveHalfDone(key);
  const uploader = createUploader({ store: store() });
  await uploader.forgetUnfinished(prefix, (key) => key === mine);
  await expect(sandboxStore().listUnfinished(prefix, never())).resolves.toMatchObject([{ key: another }]);
  await uploader.forgetUnfinished(prefix, () => true);
  await expect(sandboxStore().listUnfinished(prefix, never())).resolves.toEqual([]);
});

test('a bucket that does not answer holds up no tidying for longer than its time limit', async () => {
  proxy.decide = () => ({ kind: 'stall', afterBytes: 0 });
  const beganMs = performance.now();
  await createUploader({ store: store(20_000), findMs: 500 }).forgetUnfinished(prefix, () => true);
  const tookMs = performance.now() - beganMs;
  expect(tookMs).toBeGreaterThanOrEqual(490);
  expect(tookMs).toBeLessThan(5000);
});

async function leaveHalfDone(key: string): Promise<void> {
  const dead = new AbortController();
  const killing = await startFaultProxy(bucket.endpoint);
  killing.decide = ({ method, query }) => {
    if (query.get('partNumber') === '2') dead.abort(new Error('killed'));
    return method === 'DELETE' ? { kind: 'answer', status: 500 } : undefined;
  };
  try {
    await expect(sandboxStore({ endpoint: killing.endpoint }).put(key, bytesBody(randomBytes(sizes.large)), 'x/y', dead.signal)).rejects.toThrow('killed');
  } finally {
    await killing.close();
  }
}
