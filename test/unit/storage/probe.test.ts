import { expect, test } from '@jest/globals';
import { StorageError } from '../../../src/storage/errors.js';
import type { ObjectStore } from '../../../src/storage/object-store.js';
import { probe, probeKey } from '../../../src/storage/probe.js';
import { memoryStore } from './memory-store.js';

const denied = () => Promise.reject(new StorageError({ reason: 'AccessDenied', message: 'm', httpStatus: 403 }));
/** Of the moment 0. */
const content = Buffer.from('Written by the PacketCapture operator at 1970-01-01T00:00:00.000Z to see whether this bucket can be used. It can be removed.\n');
const run = (store: ObjectStore) => probe(store, 'p/.probe', () => 0);

test('writes, reads back and removes one object', async () => {
  const store = memoryStore();
  await expect(run(store)).resolves.toBeUndefined();
  expect(store.calls).toEqual(['put p/.probe', 'get p/.probe', 'head p/.probe', 'remove p/.probe']);
  expect(store.objects.size).toBe(0);
});

test.each(['put', 'get', 'head', 'remove'] as const)('reports what a capture would meet at %s', async (verb) => {
  await expect(run(memoryStore({ [verb]: denied }))).resolves.toMatchObject({ reason: 'AccessDenied' });
});

test('leaves nothing behind where it may not read', async () => {
  const store = memoryStore({ get: denied });
  await run(store);
  expect(store.objects.size).toBe(0);
});

test.each([
  ['another content', Buffer.from('x')],
  ['no such object', undefined],
])('a store that gives back %s fails', async (words, read) => {
  const error = await run(memoryStore({ get: () => Promise.resolve(read) }));
  expect(error).toMatchObject({ reason: 'VerificationFailed' });
  expect(error?.message).toContain(words);
});

test('a bucket that takes longer than the time limit is unreachable; another abort is no finding', async () => {
  const hanging = memoryStore({ put: (_key, _source, _type, signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))) });
  await expect(probe(hanging, 'p/.probe', () => 0, AbortSignal.timeout(10))).resolves.toMatchObject({ reason: 'BucketUnreachable' });
  const stopping = new AbortController();
  setTimeout(() => stopping.abort(new Error('shutting down')), 10);
  await expect(probe(hanging, 'p/.probe', () => 0, stopping.signal)).rejects.toThrow('shutting down');
});

test('keys of probes differ and stand under the prefix', () => {
  expect(probeKey('clusters/prod/')).toMatch(/^clusters\/prod\/\.packetcapture-probe-[0-9a-f]{12}$/);
  expect(probeKey('')).not.toBe(probeKey(''));
});

test.each([
  ['aws:kms', 'aws:kms', undefined],
  ['aws:kms', 'aws:kms:dsse', undefined],
  ['AES256', 'AES256', undefined],
  ['AES256', undefined, 'says nothing of encryption'],
  ['aws:kms', 'AES256', 'says "AES256"'],
])('a store that was asked for %s and says %p', async (encryption, said, words) => {
  const store = memoryStore({ head: () => Promise.resolve({ size: content.length, etag: 'e', isMD5: false, lastModified: '', ...(said !== undefined && { encryption: said }) }) });
  const error = await probe(store, 'p/.probe', () => 0, new AbortController().signal, { encryption });
  if (words === undefined) expect(error).toBeUndefined();
  else expect(error).toMatchObject({ reason: 'VerificationFailed', message: expect.stringContaining(words) });
  expect(store.objects.size).toBe(0);
});
