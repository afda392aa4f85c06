import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { PREFIX_MAX_LENGTH, s3Schema } from '../../../src/api/destination.js';
import { fileKey, isSegmentKey, manifestKey, manifestSegmentKey, parseFileKey, runID, runPrefix, targetName, targetSegmentKey } from '../../../src/protocol/keys.js';

const UID = '0b7e9f7e-1111-4222-8333-444455556666';
const START = Date.parse('2026-11-20T03:05:12.345Z');

// Keys are fixed for ever: a change of these literals breaks every reader of every bucket.
test('the run id is the UTC start and a hash of UID and run number', () => {
  expect(runID(START, UID, 1)).toBe('20261120T030512Z-19693c');
  expect(runID(START, UID, 2)).toBe('20261120T030512Z-623dd1');
  expect(runID(START, 'another-uid', 1)).not.toBe(runID(START, UID, 1));
});

test('keys of files, manifests and segments', () => {
  const prefix = runPrefix('clusters/prod/', 'shop', 'web-resets', '20261120T030512Z-1a2b3c');
  expect(prefix).toBe('clusters/prod/shop/web-resets/20261120T030512Z-1a2b3c/');
  expect(targetName('web-0', UID)).toBe('web-0_0b7e9f7e');
  expect(fileKey(prefix, 'web-0_0b7e9f7e', 1, 42, START)).toBe('clusters/prod/shop/web-resets/20261120T030512Z-1a2b3c/web-0_0b7e9f7e/01-000042_20261120T030512Z.pcap');
  expect(manifestKey(prefix, 'node-a', 2)).toBe('clusters/prod/shop/web-resets/20261120T030512Z-1a2b3c/manifest/node-a-02.json');
  expect(manifestSegmentKey(prefix, 'node-a', 2, 3)).toBe('clusters/prod/shop/web-resets/20261120T030512Z-1a2b3c/manifest/node-a-02.files-0003.json');
});

test('an empty prefix of the destination leaves no slash behind', () => {
  expect(runPrefix('', 'shop', 'web', 'r')).toBe('shop/web/r/');
});

// Names are chosen by those who would like to write elsewhere: all that an API server takes for a namespace, an object, a pod and a node.
describe('hostile: key', () => {
  const some = (chars: string, maxLength: number) => fc.string({ unit: fc.constantFrom(...chars), minLength: 1, maxLength });
  const edged = (inner: fc.Arbitrary<string>) => inner.filter((text) => /^[a-z0-9](.*[a-z0-9])?$/.test(text));
  /** Few letters, so that names meet; and those that keys are made of. */
  const label = edged(fc.oneof(some('ab-', 4), some('abcdefghijklmnopqrstuvwxyz0123456789-', 20), fc.constantFrom('manifest', '01', '20261120t030512z', 'files-0001')));
  const subdomain = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
  const prefix = fc.array(fc.oneof(label, some("aB_.!'()*-", 4).filter((segment) => segment !== '.' && segment !== '..')), { maxLength: 3 }).map((segments) => segments.map((segment) => `${segment}/`).join(''));
  const uid = fc.uuid();
  const file = fc.record({ pod: subdomain, podUID: uid, attempt: fc.integer({ min: 1, max: 2000 }), sequence: fc.integer({ min: 1, max: 2_000_000 }), openedMs: fc.integer({ min: 0, max: 4e12 }), compression: fc.constantFrom('None', 'Gzip', 'Zstd') });
  const manifest = fc.record({ node: subdomain, attempt: fc.integer({ min: 1, max: 999 }), segment: fc.option(fc.integer({ min: 1, max: 20_000 })) });
  const capture = fc.record({ namespace: label, name: subdomain, uid, startMs: fc.integer({ min: 0, max: 4e12 }), number: fc.integer({ min: 1, max: 1000 }) });
  type Capture = typeof capture extends fc.Arbitrary<infer T> ? T : never;
  const prefixOf = (destination: string, { namespace, name, uid: captureUID, startMs, number }: Capture): string => runPrefix(destination, namespace, name, runID(startMs, captureUID, number));
  const keyIn = (run: string, object: typeof file | typeof manifest extends fc.Arbitrary<infer T> ? T : never): string => {
    if ('pod' in object) return fileKey(run, targetName(object.pod, object.podUID), object.attempt, object.sequence, object.openedMs, object.compression);
    return object.segment === null ? manifestKey(run, object.node, object.attempt) : manifestSegmentKey(run, object.node, object.attempt, object.segment);
  };
  const object = fc.oneof(file, manifest);
  const prefixes = fc.tuple(prefix, prefix).map(([a, b]) => [a, b] as const);

  test('names made to lead elsewhere → every key stays below prefix, namespace and name, and nothing resolves it', () => {
    fc.assert(fc.property(prefix, capture, object, (destination, of, what) => {
      const key = keyIn(prefixOf(destination, of), what);
      expect(s3Schema.shape.prefix.safeParse(destination).success).toBe(true);
      expect(key.startsWith(`${destination}${of.namespace}/${of.name}/`)).toBe(true);
      expect(key.slice(destination.length).split('/')).toHaveLength(5);
      expect(key).toMatch(/^[A-Za-z0-9!_'()*./-]+$/);
      expect(key.split('/').filter((segment) => segment === '' || segment === '.' || segment === '..')).toEqual([]);
      expect(new URL(`http://s3/bucket/${key}`).pathname).toBe(`/bucket/${key}`);
    }), { numRuns: 2000 });
  });

  test('namespaces, names, pods and nodes made to meet → each key is of one capture, one run and one object', () => {
    fc.assert(fc.property(prefix, capture, object, capture, object, (destination, a, inA, b, inB) => {
      const [one, other] = [keyIn(prefixOf(destination, a), inA), keyIn(prefixOf(destination, b), inB)];
      if (one !== other) return;
      expect([a.namespace, a.name, prefixOf('', a)]).toEqual([b.namespace, b.name, prefixOf('', b)]);
    }), { numRuns: 5000 });
    // The same run: what is named differently is another object.
    fc.assert(fc.property(object, object, (a, b) => {
      const same = 'pod' in a && 'pod' in b ? targetName(a.pod, a.podUID) === targetName(b.pod, b.podUID) && a.attempt === b.attempt && a.sequence === b.sequence : 'node' in a && 'node' in b && a.node === b.node && a.attempt === b.attempt && a.segment === b.segment;
      if (!same) expect(keyIn('r/', a)).not.toBe(keyIn('r/', b));
    }), { numRuns: 5000 });
  });

  test('every key of a file → says its target, attempt and sequence under its own run, and nothing under another', () => {
    fc.assert(fc.property(prefix, capture, file, capture, (destination, of, what, other) => {
      const [own, foreign] = [prefixOf(destination, of), prefixOf(destination, other)];
      const key = keyIn(own, what);
      expect(parseFileKey(own, key)).toEqual({ target: targetName(what.pod, what.podUID), attempt: what.attempt, sequence: what.sequence });
      if (own !== foreign) expect(parseFileKey(foreign, key)).toBeUndefined();
    }), { numRuns: 2000 });
  });

  test('every key of a segment → is known as its own node\'s, and a manifest or a file is none', () => {
    fc.assert(fc.property(prefix, capture, manifest, file, (destination, of, { node, attempt, segment }, what) => {
      const run = prefixOf(destination, of);
      expect([manifestSegmentKey(run, node, attempt, segment ?? 1), targetSegmentKey(run, node, attempt, segment ?? 1)].every((key) => isSegmentKey(run, node, key))).toBe(true);
      expect([manifestKey(run, node, attempt), keyIn(run, what), manifestSegmentKey(run, `${node}x`, attempt, 1)].some((key) => isSegmentKey(run, node, key))).toBe(false);
    }), { numRuns: 2000 });
  });

  test('a pod named for the folder of the manifests → its files lie beside it', () => {
    fc.assert(fc.property(subdomain, uid, (pod, podUID) => expect(targetName(pod, podUID)).not.toBe('manifest')));
  });

  test('a destination whose prefix is a namespace of another → no key and no run of both', () => {
    fc.assert(fc.property(prefixes, label, capture, object, capture, object, ([outer, deeper], namespace, a, inA, b, inB) => {
      const inner = `${outer}${namespace}/${deeper}`;
      const [outerRun, innerRun] = [prefixOf(outer, { ...a, namespace }), prefixOf(inner, b)];
      expect(keyIn(outerRun, inA)).not.toBe(keyIn(innerRun, inB));
      // A run id holds capitals, which no name does; a deeper prefix may.
      if (deeper === '') expect(keyIn(innerRun, inB).startsWith(outerRun) || keyIn(outerRun, inA).startsWith(innerRun)).toBe(false);
    }), { numRuns: 3000 });
  });

  test('the longest names that there can be → a key that a store takes', () => {
    const longest = (length: number): string => `${'a'.repeat(63)}.${'a'.repeat(63)}.${'a'.repeat(63)}.${'a'.repeat(61)}`.slice(0, length);
    const run = runPrefix(`${'p'.repeat(PREFIX_MAX_LENGTH - 1)}/`, longest(63), longest(253), runID(START, UID, 1));
    for (const key of [fileKey(run, targetName(longest(253), UID), 99, 999_999, START, 'Zstd'), manifestSegmentKey(run, longest(253), 99, 9999)]) expect(Buffer.byteLength(key)).toBeLessThanOrEqual(1024);
    expect(s3Schema.shape.prefix.safeParse(`${'p'.repeat(PREFIX_MAX_LENGTH)}/`).success).toBe(false);
  });
});
