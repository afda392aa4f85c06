import { describe, expect, test } from '@jest/globals';
import { parseCaptureSpec, type CaptureSpec } from '../../../src/api/capture-spec.js';
import { sameRun } from '../../../src/plan/identity.js';
import { SPEC } from './builders.js';

const parsed = (spec: object): CaptureSpec => parseCaptureSpec(spec).spec as CaptureSpec;

describe('an edit that asks for the same run', () => {
  test.each([
    ['the same text', {}],
    ['another spelling of an interval', { ring: { fileSize: '10M', rotateInterval: '0.5m' } }],
    ['another spelling of a size', { ring: { fileSize: 10_000_000, rotateInterval: '30s' } }],
    ['a default written out', { interface: 'any', snapLength: 262144, bufferSize: '32Mi', upload: { policy: 'Continuous' }, spool: { maxSize: '1Gi' } }],
    ['white space around the filter', { filter: ' tcp port 8080 ' }],
    ['another duration', { duration: '10m' }],
    ['another maxSize', { maxSize: '1Gi' }],
    ['another maxPackets', { maxPackets: 5 }],
    ['a suspension', { suspend: true }],
    ['a field that this version does not know', { futureField: 1 }],
  ])('%s', (_what, edit) => {
    expect(sameRun(SPEC, parsed({ ...SPEC, ...edit }))).toBe(true);
  });
});

describe('an edit that asks for a new run', () => {
  test.each([
    ['runToken', { runToken: '2' }],
    ['target', { target: { podName: 'web-1' } }],
    ['filter', { filter: 'tcp port 8081' }],
    ['interface', { interface: 'eth0' }],
    ['snapLength', { snapLength: 128 }],
    ['bufferSize', { bufferSize: '64Mi' }],
    ['ring', { ring: { fileSize: '20M', rotateInterval: '30s' } }],
    ['spool', { spool: { maxSize: '2Gi' } }],
    ['upload policy', { upload: { policy: 'OnDemand' } }],
    ['compression', { upload: { compression: 'Zstd' } }],
    ['destination', { storage: { destinationRef: { name: 'other' } } }],
  ])('%s', (_what, edit) => {
    expect(sameRun(SPEC, parsed({ ...SPEC, ...edit }))).toBe(false);
  });
});

test('a recorded spec that can not be read any more starts nothing', () => {
  expect(sameRun({ target: {} }, parsed(SPEC))).toBe(true);
});
