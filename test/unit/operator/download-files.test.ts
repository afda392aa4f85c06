import { describe, expect, test } from '@jest/globals';
import { FILES_MAX, readFiles } from '../../../src/operator/download-files.js';
import type { DownloadRun, ManifestPlace } from '../../../src/plan/downloads/run.js';
import { manifestKey, targetSegmentKey } from '../../../src/protocol/keys.js';
import type { Manifest } from '../../../src/protocol/manifest.js';
import { StorageError } from '../../../src/storage/errors.js';
import type { ObjectStore } from '../../../src/storage/object-store.js';
import { boundedBody } from '../../../src/storage/s3/bounded-body.js';
import { aFile, aManifest, aSegment } from '../plan/downloads/builders.js';
import { memoryStore } from '../storage/memory-store.js';

const CAPTURE = { namespace: 'shop', name: 'web', uid: 'uid-1' };
const PREFIX = 'p/shop/web/20261120T030512Z-1a2b3c/';
const ID = '20261120T030512Z-1a2b3c';
const place = (node: string, attempt: number, isThere = false): ManifestPlace => ({ key: manifestKey(PREFIX, node, attempt), node, attempt, isThere });
const aRun = (manifests: ManifestPlace[], rest: Partial<DownloadRun> = {}): DownloadRun => ({ id: ID, prefix: PREFIX, destination: { name: 'd', region: 'r', bucket: 'b', prefix: 'p/', addressing: 'Path' }, manifests, recentFiles: [], isOver: true, ...rest });
const written = (rest: Partial<Manifest> = {}): Manifest => aManifest({ runID: ID, capture: CAPTURE }, rest);
/** A bucket that keeps to the bound, as the real one does. */
function bucket(objects: Record<string, unknown>, refuse: (key: string) => Error | undefined = () => undefined) {
  const store = memoryStore();
  const get: ObjectStore['get'] = (key, maxBytes) => {
    store.calls.push(key);
    const refusal = refuse(key);
    if (refusal) return Promise.reject(refusal);
    if (!(key in objects)) return Promise.resolve(undefined);
    const text = objects[key];
    const body = boundedBody(maxBytes, key);
    return Promise.resolve().then(() => (body.onChunk(Buffer.from(typeof text === 'string' ? text : JSON.stringify(text))), body.whole()));
  };
  return { get, asked: store.calls };
}
const read = (run: DownloadRun, store: Pick<ObjectStore, 'get'>) => readFiles(run, CAPTURE, store, new AbortController().signal);
const denied = new StorageError({ reason: 'AccessDenied', message: 'no', httpStatus: 403 });

test('files of all nodes, attempts and segments come together; each segment is read once', async () => {
  const [one, two] = [aSegment(PREFIX, 1, [aFile(PREFIX, 1)]), aSegment(PREFIX, 2, [aFile(PREFIX, 2)], { attempt: 2 })];
  const targets = { key: targetSegmentKey(PREFIX, 'node-a', 2, 1), sha256: 'x', targets: 3 };
  const store = bucket({
    // What was pending when the first attempt ended is in the second one's segment.
    [place('node-a', 1).key]: written({ files: [aFile(PREFIX, 2, { state: 'pending' })], segments: [one.named] }),
    [place('node-a', 2).key]: written({ attempt: 2, files: [aFile(PREFIX, 3)], segments: [one.named, two.named], targetSegments: [targets] }),
    [place('node-b', 1).key]: written({ node: 'node-b', files: [aFile(PREFIX, 1, { target: 'web-1_1a2b3c4d' })] }),
    [one.named.key]: one.content,
    [two.named.key]: two.content,
  });
  const { content } = await read(aRun([place('node-a', 2), place('node-a', 1), place('node-b', 1), place('node-c', 1)]), store);
  expect(content?.files.inOrder().map(({ target, sequence }) => `${target.slice(0, 5)} ${sequence}`)).toEqual(['web-0 1', 'web-0 2', 'web-0 3', 'web-1 1']);
  expect(new Set(content?.manifests.map(({ key }) => key))).toEqual(new Set([place('node-a', 2).key, place('node-a', 1).key, place('node-b', 1).key, one.named.key, two.named.key, targets.key]));
  expect(store.asked).toHaveLength(6);
});

test('while a run lasts its newest files need no manifest; a run that is over needs one', async () => {
  const { key = '', target, size, sha256 = '' } = aFile(PREFIX, 1);
  const recentFiles = [{ key, target, size, sha256, packets: 1 }];
  const lasting = await read(aRun([place('node-a', 1)], { isOver: false, recentFiles }), bucket({}));
  expect(lasting.content?.files.inOrder()).toMatchObject([{ key, sha256 }]);
  expect((await read(aRun([place('node-a', 1)], { recentFiles }), bucket({}))).obstacle).toMatchObject({ reason: 'ManifestNotFound' });
});

describe('keys that may not list the bucket are told of an object that is not there that they may not read it:', () => {
  const first = { [place('node-a', 1).key]: written({ files: [aFile(PREFIX, 1)] }) };
  const refusing = (...keys: string[]) => bucket(first, (key) => (keys.includes(key) ? denied : undefined));

  test('an attempt that left no manifest is one', async () => {
    expect((await read(aRun([place('node-a', 2), place('node-a', 1)]), refusing(place('node-a', 2).key))).content?.files.size).toBe(1);
  });

  test('where nothing at all can be read, or what an agent said is there, it is no such thing', async () => {
    await expect(read(aRun([place('node-a', 1)]), refusing(place('node-a', 1).key))).rejects.toBe(denied);
    await expect(read(aRun([place('node-a', 2, true), place('node-a', 1)]), refusing(place('node-a', 2).key))).rejects.toBe(denied);
    expect((await read(aRun([place('node-a', 1)], { isOver: false }), refusing(place('node-a', 1).key))).content?.files.size).toBe(0);
  });
});

describe('hostile: bucket servers', () => {
  const over = (objects: Record<string, unknown>) => read(aRun([place('node-a', 1)]), bucket(objects));

  test('a manifest of five megabytes → refused unread', async () => {
    expect((await over({ [place('node-a', 1).key]: 'x'.repeat(5 * 1024 * 1024) })).obstacle).toMatchObject({ reason: 'ManifestRefused', message: expect.stringContaining('more than 4194304 bytes') });
  });

  test('a segment of two megabytes → refused unread', async () => {
    const { named } = aSegment(PREFIX, 1, []);
    expect((await over({ [place('node-a', 1).key]: written({ segments: [named] }), [named.key]: ' '.repeat(2 * 1024 * 1024) })).obstacle).toMatchObject({ reason: 'ManifestRefused', message: expect.stringContaining(named.key) });
  });

  test('a manifest that counts more files than have room → refused before a segment is read', async () => {
    const { named, content } = aSegment(PREFIX, 1, []);
    const store = bucket({ [place('node-a', 1).key]: written({ segments: [{ ...named, files: FILES_MAX + 1 }] }), [named.key]: content });
    expect((await read(aRun([place('node-a', 1)]), store)).obstacle).toMatchObject({ reason: 'TooManyFiles', terminal: true });
    expect(store.asked).toEqual([place('node-a', 1).key]);
  });

  test('a segment that is gone, or is another one → nothing is given out as if it were all', async () => {
    const { named } = aSegment(PREFIX, 1, [aFile(PREFIX, 1)]);
    for (const content of [{}, { [named.key]: '[]' }]) expect((await over({ [place('node-a', 1).key]: written({ segments: [named] }), ...content })).obstacle).toMatchObject({ reason: 'ManifestRefused' });
  });
});
