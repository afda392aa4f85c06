import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { FileToDeliver } from '../../../../src/agent/upload/port.js';
import { createUploader } from '../../../../src/agent/upload/uploader.js';
import { UPLOAD_SECONDS } from '../../../../src/protocol/work.js';
import { StorageError } from '../../../../src/storage/errors.js';
import type { ObjectStore } from '../../../../src/storage/object-store.js';
import { memoryStore } from '../../storage/memory-store.js';

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'uploader-'));
  path = join(folder, 'file');
  await writeFile(path, 'headerpacketsopen');
});
afterAll(() => rm(folder, { recursive: true }));

const file = (key: string, override: Partial<FileToDeliver> = {}): FileToDeliver => ({ key, path, start: 6, end: 13, target: 't', packets: 1, ...override });
const forever = () => new AbortController().signal;
const failure = (override: object = {}) => new StorageError({ reason: 'BucketUnreachable', message: 'm', ...override });

/** A clock that moves only by sleeping: each sleep ends at once and takes its time. */
function clock() {
  let nowMs = 0;
  const slept: number[] = [];
  return {
    slept,
    now: () => nowMs,
    sleep: async (ms: number, signal: AbortSignal) => {
      await new Promise(setImmediate);
      if (signal.aborted) return;
      slept.push(ms);
      nowMs += ms;
    },
  };
}
const uploader = (store: ObjectStore, time = clock(), concurrency = 2) => createUploader({ store, concurrency, random: () => 1, now: time.now, monotonic: time.now, sleep: time.sleep });
/** `put` of a memory store, once `before` let it. */
function storeWhere(before: (key: string, call: number) => void | Promise<void>) {
  const plain = memoryStore();
  let call = 0;
  const put: ObjectStore['put'] = async (key, ...rest) => {
    await before(key, ++call);
    return plain.put(key, ...rest);
  };
  return Object.assign(memoryStore({ ...plain, put }), { objects: plain.objects });
}

test('delivers the range with its prologue, and says what the bucket holds', async () => {
  const store = memoryStore();
  const delivered = await uploader(store).deliver(file('k', { prologue: Buffer.from('header') }), forever());
  expect(store.objects.get('k')?.toString()).toBe('headerpackets');
  expect(delivered).toMatchObject({ size: 13, etag: expect.any(String), sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
});

test('retries with growing pauses until it works, and shows meanwhile what is wrong', async () => {
  const time = clock();
  const seen: unknown[] = [];
  const store = storeWhere((_, call) => {
    if (call < 5) throw failure({ reason: 'AccessDenied', httpStatus: 403 });
  });
  const up = uploader(store, time);
  up.onChange(() => seen.push(up.delivery));
  await up.deliver(file('k'), forever());
  expect(time.slept).toEqual([500, 1000, 2000, 4000]);
  expect(seen).toEqual([
    { ok: false, reason: 'AccessDenied', httpStatus: 403, message: 'm', since: '1970-01-01T00:00:00.000Z' },
    { ok: true, since: '1970-01-01T00:00:07.500Z' },
  ]);
});

test('is not kept from trying by a wall clock that is set back', async () => {
  const time = clock();
  let wallMs = 7_200_000;
  const store = storeWhere((_, call) => {
    if (call > 1) return;
    wallMs -= 3_600_000;
    throw failure({ reason: 'ClockSkew', httpStatus: 403 });
  });
  await createUploader({ store, random: () => 1, now: () => wallMs, monotonic: time.now, sleep: time.sleep }).deliver(file('k'), forever());
  expect(time.slept).toEqual([500]);
});

test('waits as long as the store asked', async () => {
  const time = clock();
  const store = storeWhere((_, call) => {
    if (call === 1) throw failure({ reason: 'StoreError', httpStatus: 503, retryAfterMs: 9000 });
  });
  await uploader(store, time).deliver(file('k'), forever());
  expect(time.slept).toEqual([9000]);
});

test('never has more than its number under way', async () => {
  let underWay = 0;
  let most = 0;
  const store = storeWhere(async () => {
    most = Math.max(most, ++underWay);
    await new Promise(setImmediate);
    underWay--;
  });
  const up = uploader(store, clock(), 3);
  await Promise.all(Array.from({ length: 20 }, (_, i) => up.deliver(file(`k${i}`), forever())));
  expect(most).toBe(3);
  expect(store.objects.size).toBe(20);
});

test('has more under way once nothing is captured any more, and its files in several parts at a time; compressed ones as before', async () => {
  for (const [compression, during, after, width] of [['None', 2, 4, 4], ['Gzip', 2, 2, undefined]] as const) {
    let underWay = 0;
    let most = 0;
    const widths: (number | undefined)[] = [];
    const plain = memoryStore();
    const put: ObjectStore['put'] = async (key, source, ...rest) => {
      most = Math.max(most, ++underWay);
      await new Promise(setImmediate);
      widths.push(source.width?.());
      const sent = await plain.put(key, source, ...rest);
      underWay--;
      return sent;
    };
    const up = createUploader({ store: { ...plain, put }, compression });
    const deliverAll = (kind: string, count: number) => Promise.all(Array.from({ length: count }, (_, i) => up.deliver(file(`${kind}${i}`), forever())));
    await deliverAll('during', 10);
    expect(most).toBe(during);
    up.setCapturing(false);
    await deliverAll('after', 10);
    expect(most).toBe(after);
    await deliverAll('alone', 1);
    expect(widths.at(-1)).toBe(width);
    up.setCapturing(true);
    await deliverAll('again', 1);
    expect(widths.at(-1)).toBe(width === undefined ? undefined : 1);
  }
});

test('takes the oldest first, and manifests before files', async () => {
  const order: string[] = [];
  const up = uploader(storeWhere((key) => void order.push(key)), clock(), 1);
  await Promise.all([...['a', 'b', 'c'].map((key) => up.deliver(file(key), forever())), up.putSmall('m', Buffer.from('{}'), 'application/json', forever())]);
  expect(order).toEqual(['a', 'm', 'b', 'c']);
});

test('asks a dead bucket with one try at a time, however many files wait', async () => {
  const time = clock();
  let tries = 0;
  const store = storeWhere(() => {
    tries++;
    if (time.now() < 120_000) throw failure();
  });
  const up = uploader(store, time, 4);
  await Promise.all(Array.from({ length: 50 }, (_, i) => up.deliver(file(`k${i}`), forever())));
  // Four at the start, then one each 0.5, 1, 2 … 30 s, then the fifty.
  expect(tries).toBeLessThan(4 + 12 + 50);
});

test('one object that the store refuses holds up no other', async () => {
  const time = clock();
  const store = memoryStore();
  store.objects.set('bad', Buffer.from('somebody else’s'));
  const up = uploader(store, time, 1);
  const giveUp = new AbortController();
  const bad = up.deliver(file('bad'), giveUp.signal);
  await Promise.all(['a', 'b', 'c'].map((key) => up.deliver(file(key), forever())));
  expect(up.delivery).toMatchObject({ ok: false, reason: 'VerificationFailed' });
  giveUp.abort(new Error('drain expired'));
  await expect(bad).rejects.toThrow('drain expired');
  expect(up.delivery).toMatchObject({ ok: true });
  expect(store.objects.get('bad')?.toString()).toBe('somebody else’s');
});

test.each(['while it waits its turn', 'while it runs', 'before it begins'])('an abort %s ends it with the abort’s reason', async (when) => {
  const abort = new AbortController();
  const store = storeWhere((key) => {
    if (key === 'k' && when === 'while it runs') abort.abort(new Error('stopped'));
    if (abort.signal.aborted) throw abort.signal.reason as Error;
    if (key === 'k') throw failure();
  });
  if (when === 'before it begins') abort.abort(new Error('stopped'));
  const up = uploader(store, { ...clock(), sleep: () => new Promise<void>(() => undefined) });
  const delivering = up.deliver(file('k'), abort.signal);
  if (when === 'while it waits its turn') setImmediate(() => abort.abort(new Error('stopped')));
  await expect(delivering).rejects.toThrow('stopped');
});

test('does not wait long for a bucket to say whether it holds what was given up', async () => {
  const sent = { size: 7, sha256: 'ab', expectedETag: 'cd' };
  const silent = memoryStore({ head: (_, signal) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))) });
  await expect(createUploader({ store: silent, findMs: 1 }).find('k', sent)).resolves.toBeUndefined();
  const store = storeWhere((_, call) => {
    if (call === 1) throw failure();
  });
  const up = uploader(store, { ...clock(), sleep: () => new Promise<void>(() => undefined) });
  void up.deliver(file('k'), forever());
  while (up.delivery.ok) await new Promise(setImmediate);
  store.calls.length = 0;
  await expect(up.find('k', sent)).resolves.toBeUndefined();
  expect(store.calls).toEqual([]);
});

test('a file that cannot be read is no matter for retries', async () => {
  const up = uploader(memoryStore());
  await expect(up.deliver(file('k', { path: join(folder, 'none') }), forever())).rejects.toMatchObject({ code: 'ENOENT' });
  await expect(up.deliver(file('k', { end: 99 }), forever())).rejects.toThrow('ends at byte 17');
  expect(up.delivery).toEqual({ ok: true });
});

test('rewrites what is small and its own', async () => {
  const store = memoryStore();
  const up = uploader(store);
  await up.putSmall('m', Buffer.from('{"final":false}'), 'application/json', forever());
  await up.putSmall('m', Buffer.from('{"final":true}'), 'application/json', forever());
  expect(store.objects.get('m')?.toString()).toBe('{"final":true}');
});

describe('what uploads took', () => {
  const none = { counts: Array.from({ length: UPLOAD_SECONDS.length + 1 }, () => 0), seconds: 0, errors: {} };
  /** As counted where the only upload took so many seconds. */
  const one = (seconds: number) => ({ ...none, seconds, counts: none.counts.map((_, n) => ((UPLOAD_SECONDS[n] ?? Infinity) >= seconds && (UPLOAD_SECONDS[n - 1] ?? 0) < seconds ? 1 : 0)) });

  test.each([0.04, 0.05, 0.051, 4, 300, 301])('is counted below its bound: %s s', async (seconds) => {
    const time = clock();
    const up = uploader(storeWhere(() => time.sleep(seconds * 1000, forever())), time);
    expect(up.uploads).toEqual(none);
    await up.deliver(file('k'), forever());
    expect(up.uploads).toEqual(one(seconds));
  });

  test('is that of the try which succeeded: those that failed, and the pauses, are errors by their reason', async () => {
    const time = clock();
    const reasons = ['AccessDenied', 'BucketUnreachable', 'AccessDenied'] as const;
    const store = storeWhere(async (_, call) => {
      await time.sleep(2000, forever());
      const reason = reasons[call - 1];
      if (reason) throw failure({ reason });
    });
    const up = uploader(store, time);
    await up.deliver(file('k'), forever());
    expect(up.uploads).toEqual({ ...one(2), errors: { AccessDenied: 2, BucketUnreachable: 1 } });
  });

  test('is not of manifests, whose failures are counted', async () => {
    const up = uploader(storeWhere((_, call) => {
      if (call === 1) throw failure();
    }));
    await up.putSmall('m', Buffer.from('{}'), 'application/json', forever());
    expect(up.uploads).toEqual({ ...none, errors: { BucketUnreachable: 1 } });
  });

  test('has nothing of what was given up, or could not be read', async () => {
    const up = uploader(memoryStore());
    await expect(up.deliver(file('k', { path: join(folder, 'none') }), forever())).rejects.toMatchObject({ code: 'ENOENT' });
    const abort = new AbortController();
    const late = uploader(storeWhere(() => {
      abort.abort(new Error('let go'));
      throw failure();
    }));
    await expect(late.deliver(file('k'), abort.signal)).rejects.toThrow('let go');
    expect([up.uploads, late.uploads]).toEqual([none, none]);
  });
});
