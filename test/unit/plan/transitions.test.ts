import { describe, expect, test } from '@jest/globals';
import type { PacketCaptureStatus } from '../../../src/api/packetcapture-status.js';
import { transitions } from '../../../src/plan/transitions.js';

const seen = (overrides: PacketCaptureStatus = {}): PacketCaptureStatus => ({ observedGeneration: 1, phase: 'Capturing', ...overrides });
const snapshot = (overrides: object = {}) => ({ token: 't', time: '2026-11-20T03:05:12Z', location: 's3://b/p/', packets: { captured: 8, uploaded: 8, pending: 0, discarded: 0 }, ...overrides });
const complete = { completionTime: '2026-11-20T03:05:14Z' };
const reasons = (before: PacketCaptureStatus, after: PacketCaptureStatus): string[] => transitions(before, after).map(({ reason }) => reason);

describe('an Event tells of a snapshot', () => {
  test.each([
    ['once it is in the bucket', seen({ snapshots: [snapshot()] }), seen({ snapshots: [snapshot(complete)] }), ['SnapshotDelivered']],
    ['which was delivered between two looks', seen(), seen({ snapshots: [snapshot(complete)], handled: { snapshot: 't' } }), ['SnapshotDelivered']],
    ['not before', seen(), seen({ snapshots: [snapshot()], handled: { snapshot: 't' } }), []],
    ['not again', seen({ snapshots: [snapshot(complete)] }), seen({ snapshots: [snapshot(complete)] }), []],
    ['of which packets were given up', seen(), seen({ snapshots: [snapshot({ ...complete, packets: { captured: 8, uploaded: 5, discarded: 3 } })] }), ['SnapshotIncomplete']],
    ['that came too late', seen(), seen({ phase: 'Complete', handled: { snapshot: 't' } }), ['SnapshotSkipped']],
    ['that stood there before the operator came: not', { observedGeneration: -1 }, seen({ phase: 'Starting', handled: { snapshot: 't' } }), []],
  ])('%s', (_when, before, after, told) => {
    expect(reasons(before, after)).toEqual(told);
  });

  test.each([
    ['Suspended', 'the capture is suspended'],
    ['Starting', 'before this run began'],
    ['Complete', 'capturing is over'],
  ])('asked for in vain, %s, with why', (phase, words) => {
    expect(transitions(seen(), seen({ phase, handled: { snapshot: 't' } }))[0]?.message).toContain(words);
  });
});

test('a token that can not be used is told once', () => {
  const accepted = (reason: string) => ({ conditions: [{ type: 'Accepted', status: 'True', reason, message: 'words' }] });
  expect(transitions(seen(accepted('Accepted')), seen(accepted('InvalidSnapshotToken')))).toEqual([{ type: 'Warning', reason: 'InvalidSnapshotToken', message: 'words' }]);
  expect(reasons(seen(accepted('InvalidSnapshotToken')), seen(accepted('InvalidSnapshotToken')))).toEqual([]);
});
