import { expect, test } from '@jest/globals';
import { fileKey, manifestKey, manifestSegmentKey, runID, runPrefix, targetName } from '../../../src/protocol/keys.js';

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
