import { describe, expect, test } from '@jest/globals';
import { readManifest, readSegment } from '../../../../src/plan/downloads/manifest.js';
import { manifestKey } from '../../../../src/protocol/keys.js';
import type { Manifest } from '../../../../src/protocol/manifest.js';
import { aFile, aManifest, aSegment } from './builders.js';

const CAPTURE = { namespace: 'shop', name: 'web', uid: 'uid-1' };
const RUN = { id: '20261120T030512Z-1a2b3c', prefix: 'p/shop/web/20261120T030512Z-1a2b3c/' };
const PLACE = { key: manifestKey(RUN.prefix, 'node-a', 1), node: 'node-a', attempt: 1, isThere: true };
const read = (manifest: unknown) => readManifest(Buffer.from(typeof manifest === 'string' ? manifest : JSON.stringify(manifest)), PLACE, RUN, CAPTURE);
const written = (rest: Partial<Manifest> = {}): Manifest => aManifest({ runID: RUN.id, capture: CAPTURE }, rest);

test('what the run wrote is taken, with fields of a later version too', () => {
  expect(read(written()).value).toEqual(written());
  expect(read({ ...written(), fieldOfTomorrow: 1 }).value).toMatchObject({ runID: RUN.id });
});

test('a segment is what its manifest says that it is', () => {
  const { content, named } = aSegment(RUN.prefix, 1, [aFile(RUN.prefix, 1)]);
  expect(readSegment(Buffer.from(content), named).value).toHaveLength(1);
  expect(readSegment(Buffer.from(content.replace('100', '101')), named).problem).toContain('SHA-256');
});

describe('hostile: imitation', () => {
  test.each<[string, Partial<Manifest>]>([
    ['another run', { runID: '20261120T030512Z-ffffff' }],
    ["another namespace's capture", { capture: { ...CAPTURE, namespace: 'bank' } }],
    ['a capture of the same name that was there before', { capture: { ...CAPTURE, uid: 'uid-0' } }],
    ['another node', { node: 'node-b' }],
    ['a later attempt', { attempt: 2 }],
  ])('a manifest of %s under the key of this one → refused', (_what, other) => expect(read(written(other)).problem).toContain('speaks of another'));

  test.each(['', 'null', '[]', '{"schemaVersion":1}', '<html>', '{"schemaVersion":2}'])('%j in place of a manifest → refused', (text) => expect(read(text).problem).toContain('is no manifest'));

  test.each([
    'p/bank/ledger/20261120T030512Z-1a2b3c/manifest/node-a-01.files-0001.json',
    `${RUN.prefix}manifest/../../other/manifest/node-a-01.files-0001.json`,
    `${RUN.prefix}manifest/node-b-01.files-0001.json`,
    `${RUN.prefix}web-0_1a2b3c4d/01-000001_20261120T030512Z.pcap`,
    `${RUN.prefix}manifest/node-a-01.files-0001.json\n`,
  ])('a manifest whose segment is %j → refused before it is read or signed', (key) => {
    for (const field of ['segments', 'targetSegments'] as const) expect(read(written({ [field]: [{ key, sha256: 'x', files: 1, targets: 1 }] })).problem).toContain('not its own');
  });

  test('a manifest of a hundred thousand empty segments → refused', () => {
    const { named } = aSegment(RUN.prefix, 1, []);
    expect(read(written({ segments: Array.from({ length: 100_000 }, () => named) })).problem).toContain('more than 1000 segments');
  });

  test('a segment with more files than its manifest counts → refused', () => {
    const { content, named } = aSegment(RUN.prefix, 1, [aFile(RUN.prefix, 1), aFile(RUN.prefix, 2)]);
    expect(readSegment(Buffer.from(content), { ...named, files: 1 }).problem).toContain('more than the 1 files');
  });
});
