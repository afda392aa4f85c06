// Where a key's file goes: only keys that agents write have a place at all.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { normalize } from 'node:path';
import { fileKey, manifestKey, manifestSegmentKey, runPrefix, targetName, targetSegmentKey } from '../../../../src/protocol/keys.js';
import { isWanted, placeOfFile, placeOfManifest } from '../../../../src/cli/download/place.js';

const RUN = '20261120T030512Z-1a2b3c';
const prefix = runPrefix('clusters/prod/', 'shop', 'web', RUN);
const TARGET = targetName('web-0', '0a1b2c3d-0000-0000-0000-000000000000');

test.each(['None', 'Gzip', 'Zstd'])('every key that an agent writes has its place (%s)', (compression) => {
  const key = fileKey(prefix, TARGET, 1, 42, Date.UTC(2026, 10, 20), compression);
  expect(placeOfFile(key, RUN)).toEqual({ folder: TARGET, name: key.split('/').at(-1) });
});

test('so have manifests and their segments', () => {
  for (const key of [manifestKey(prefix, 'node-a.example', 1), manifestSegmentKey(prefix, 'node-a', 12, 3), targetSegmentKey(prefix, 'node-a', 1, 1)]) {
    expect(placeOfManifest(key, RUN)).toEqual({ folder: 'manifest', name: key.split('/').at(-1) });
    expect(placeOfFile(key, RUN)).toBeUndefined();
  }
});

describe('hostile: key', () => {
  test('a key of another run → it has no place', () => {
    expect(placeOfFile(fileKey(runPrefix('', 'shop', 'web', '20261120T030512Z-ffffff'), TARGET, 1, 1, 0), RUN)).toBeUndefined();
  });

  test('any key at all → none leads out of the folder', () => {
    const part = fc.oneof(fc.constantFrom('..', '.', '', 'manifest', RUN, TARGET, '01-000001_20261120T030512Z.pcap', '\\', 'C:', '/etc', '\u0000', '\u202e'), fc.string(), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }).map((parts) => parts.join('/')), fc.boolean(), (key, ofRun) => {
        const place = placeOfFile(ofRun ? `${RUN}/${key}` : key, RUN) ?? placeOfManifest(ofRun ? `${RUN}/${key}` : key, RUN);
        if (!place) return;
        const path = `${place.folder}/${place.name}`;
        expect(normalize(`/d/${path}`)).toBe(`/d/${path}`);
        expect(path).toMatch(/^[A-Za-z0-9._-]+\/[A-Za-z0-9._-]+$/);
        expect(place.folder).not.toMatch(/^\.+$/);
      }),
      { numRuns: 2000 },
    );
  });

  test('a key of a mebibyte → it is told apart at once', () => {
    expect(placeOfFile(`${'x/'.repeat(500_000)}${RUN}/${TARGET}/01-000001_20261120T030512Z.pcap`, RUN)).toBeUndefined();
  });
});

test('a target is asked for by its name or by that of its pod, and by no part of one', () => {
  expect([TARGET, 'web-0'].map((wish) => isWanted(TARGET, [wish]))).toEqual([true, true]);
  expect(['web', 'web-', 'web-0_', 'web-01'].map((wish) => isWanted(TARGET, [wish]))).toEqual([false, false, false, false]);
  expect(isWanted(TARGET, [])).toBe(true);
});
