import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { bytesBody } from '../../../src/storage/body.js';
import { StorageError } from '../../../src/storage/errors.js';
import { PART_BYTES } from '../../../src/storage/etag.js';
import type { ObjectStore } from '../../../src/storage/object-store.js';
import { findSent, putAgain, putOnce } from '../../../src/storage/verified-put.js';
import { memoryStore } from './memory-store.js';

const content = Buffer.from('packets');
const sha256 = createHash('sha256').update(content).digest('hex');
const once = (store: ObjectStore, bytes: Buffer = content) => putOnce(store, 'k', bytesBody(bytes), 'x/y', new AbortController().signal);
const again = (store: ObjectStore, bytes: Buffer = content) => putAgain(store, 'k', bytesBody(bytes), 'x/y', new AbortController().signal);
const denied = (code?: string) => new StorageError({ reason: 'AccessDenied', message: 'm', httpStatus: 403, code });
/** A bucket under SSE-KMS: its ETags are no MD5s. */
const kmsStore = (override: Partial<ObjectStore> = {}) => {
  const store = memoryStore({
    head: (key) => {
      const there = store.objects.get(key);
      return Promise.resolve(there && { size: there.length, etag: 'f00d', isMD5: false, lastModified: '' });
    },
    ...override,
  });
  return store;
};

test('writes, then asks the store what it holds', async () => {
  const store = memoryStore();
  await expect(once(store)).resolves.toMatchObject({ size: 7, sha256, verifiedBy: 'ETag', written: true });
  expect(store.calls).toEqual(['head k', 'put k', 'head k']);
});

test('an object that is there already with this content is not written again', async () => {
  const store = memoryStore();
  store.objects.set('k', content);
  await expect(once(store)).resolves.toMatchObject({ size: 7, sha256, verifiedBy: 'ETag', written: false });
  expect(store.calls).toEqual(['head k']);
});

test.each([
  ['of another size', Buffer.from('other'), '5 bytes, not 7'],
  ['of the same size', Buffer.from('rackets'), 'ETag'],
])('another object %s under the key is never overwritten', async (_, other, difference) => {
  const store = memoryStore();
  store.objects.set('k', other);
  await expect(once(store)).rejects.toMatchObject({ reason: 'VerificationFailed', concernsOneObject: true });
  await expect(once(store)).rejects.toThrow(difference);
  expect(store.objects.get('k')).toBe(other);
});

test('where ETags are no MD5s, a new object is read back, and the result says so', async () => {
  const store = kmsStore();
  await expect(once(store)).resolves.toMatchObject({ sha256, etag: 'f00d', verifiedBy: 'Content', written: true });
  expect(store.calls).toEqual(['head k', 'put k', 'head k', 'sha256 k']);
});

test.each([
  ['another content of the same size', () => Promise.resolve('f00d')],
  ['nothing', () => Promise.resolve(undefined)],
])('where ETags are no MD5s, a store that accepts an object and gives back %s fails', async (_, read) => {
  await expect(once(kmsStore({ sha256: read }))).rejects.toMatchObject({ reason: 'VerificationFailed' });
  await expect(again(kmsStore({ sha256: read }))).rejects.toMatchObject({ reason: 'VerificationFailed' });
});

test('where ETags are no MD5s, an object that is there already is read back', async () => {
  const store = kmsStore();
  store.objects.set('k', content);
  await expect(once(store)).resolves.toMatchObject({ sha256, verifiedBy: 'Content', written: false });
  store.objects.set('k', Buffer.from('rackets'));
  await expect(once(store)).rejects.toMatchObject({ reason: 'VerificationFailed' });
  expect(store.calls).not.toContain('put k');
});

test.each([
  ['lost it', () => Promise.resolve(undefined), 'has no such object'],
  ['cut it', () => Promise.resolve({ size: 3, etag: 'x', isMD5: false, lastModified: '' }), '7 bytes were sent, the store has 3'],
  ['changed it', () => Promise.resolve({ size: 7, etag: 'f'.repeat(32), isMD5: true, lastModified: '' }), 'the store has ffffffff'],
])('a store that accepted the object and then %s is caught', async (_, head: ObjectStore['head'], words) => {
  await expect(again(memoryStore({ head }))).rejects.toMatchObject({ reason: 'VerificationFailed' });
  await expect(again(memoryStore({ head }))).rejects.toThrow(words);
});

test('keys that may not list see AccessDenied for what does not exist; the put then tells', async () => {
  const store = memoryStore({ head: () => (store.calls.includes('put k') ? Promise.resolve({ size: 7, etag: 'x', isMD5: false, lastModified: '' }) : Promise.reject(denied('AccessDenied'))) });
  await expect(once(store)).resolves.toMatchObject({ written: true });
  expect(store.calls.filter((call) => call === 'put k')).toHaveLength(1);
});

test.each([undefined, 'InvalidAccessKeyId', 'SignatureDoesNotMatch'])('keys that are wrong (%s) are not tried with a whole body', async (code) => {
  const store = memoryStore({ head: () => Promise.reject(denied(code)) });
  await expect(once(store)).rejects.toMatchObject({ reason: 'AccessDenied' });
  expect(store.calls).toEqual(['head k']);
});

test('a manifest is rewritten by its one writer', async () => {
  const store = memoryStore();
  await again(store, Buffer.from('{"final":false}'));
  await again(store, Buffer.from('{"final":true}'));
  expect(store.objects.get('k')?.toString()).toBe('{"final":true}');
});

test('before an upload in parts, those that earlier tries left are aborted, of this key only', async () => {
  const aborted: string[] = [];
  const store = memoryStore({
    listUnfinished: () => Promise.resolve([{ key: 'k', uploadID: 'old', initiated: '' }, { key: 'k2', uploadID: 'other', initiated: '' }]),
    abortUnfinished: ({ uploadID }) => Promise.resolve(void aborted.push(uploadID)),
  });
  await once(store, Buffer.alloc(PART_BYTES + 1));
  expect(aborted).toEqual(['old']);
});

test('keys that may not list uploads can upload all the same', async () => {
  const store = memoryStore({ listUnfinished: () => Promise.reject(denied('AccessDenied')) });
  await expect(once(store, Buffer.alloc(PART_BYTES + 1))).resolves.toMatchObject({ written: true });
});

test.each([
  ['what was sent', 'packets', true],
  ['something else', 'rackets', false],
  ['nothing', undefined, false],
])('of an upload that was given up, where the bucket holds %s', async (_, there, isFound) => {
  for (const store of [memoryStore(), kmsStore()]) {
    if (there !== undefined) store.objects.set('k', Buffer.from(there));
    const found = await findSent(store, 'k', { size: 7, sha256, expectedETag: createHash('md5').update(content).digest('hex') }, new AbortController().signal);
    expect(found?.sha256).toBe(isFound ? sha256 : undefined);
  }
});
