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

type Turn = [type: string, status: string, reason: string];
const of = (...turns: Turn[]): PacketCaptureStatus => ({ observedGeneration: 1, conditions: turns.map(([type, status, reason]) => ({ type, status, reason, message: `${type} says` })) });
const told = (before: PacketCaptureStatus | undefined, after: PacketCaptureStatus): string[] => transitions(before, after).map(({ type, reason, message }) => `${type} ${reason}: ${message}`);
const capturing: Turn[] = [['Accepted', 'True', 'Accepted'], ['Capturing', 'True', 'Capturing'], ['Delivered', 'Unknown', 'NothingToDeliver'], ['LossDetected', 'False', 'NoLoss'], ['Ready', 'True', 'Capturing']];
const but = (...turns: Turn[]): PacketCaptureStatus => of(...capturing.map((turn) => turns.find(([type]) => type === turn[0]) ?? turn), ...turns.filter(([type]) => !capturing.some((turn) => turn[0] === type)));

describe('an Event tells of a condition', () => {
  test.each([
    ['the first look', undefined, of(...capturing), ['Normal Capturing: Ready says']],
    ['no turn', of(...capturing), of(...capturing), []],
    ['Ready with another reason', of(...capturing), but(['Ready', 'True', 'Uploading']), ['Normal Uploading: Ready says']],
    ['a wait that passes by itself', of(...capturing), but(['Ready', 'False', 'TargetNotReady'], ['Reconciling', 'True', 'TargetNotReady']), ['Normal TargetNotReady: Reconciling says']],
    ['a wait that somebody may have to end', of(...capturing), but(['Ready', 'False', 'TargetNotFound'], ['Reconciling', 'True', 'TargetNotFound']), ['Warning TargetNotFound: Reconciling says']],
    ['a failure', of(...capturing), but(['Ready', 'False', 'UploadIncomplete'], ['Stalled', 'True', 'UploadIncomplete']), ['Warning UploadIncomplete: Stalled says']],
    ['loss', of(...capturing), but(['LossDetected', 'True', 'DroppedByKernel']), ['Warning DroppedByKernel: LossDetected says']],
    ['more loss of the same kind: once', but(['LossDetected', 'True', 'DroppedByKernel']), but(['LossDetected', 'True', 'DroppedByKernel']), []],
    ['a node that cannot be asked', of(...capturing), but(['LossDetected', 'Unknown', 'NodeUnreachable']), ['Warning NodeUnreachable: LossDetected says']],
    ['a drained node: in one Event', of(...capturing), but(['LossDetected', 'Unknown', 'NodeDrained'], ['Ready', 'False', 'NodeDrained'], ['Reconciling', 'True', 'NodeDrained']), ['Warning NodeDrained: Reconciling says']],
    ['the bucket refuses', of(...capturing), but(['Delivered', 'False', 'AccessDenied']), ['Warning AccessDenied: Delivered says']],
    ['and takes files again', but(['Delivered', 'False', 'AccessDenied']), but(['Delivered', 'True', 'Delivered']), ['Normal DeliveryResumed: the bucket takes files again: Delivered says']],
    ['a reason of another version', of(...capturing), but(['Delivered', 'False', 'FromTheFuture']), ['Warning FromTheFuture: Delivered says']],
  ])('%s', (_what, before, after, events) => {
    expect(told(before, after)).toEqual(events);
  });
});

describe('the beginning of a run', () => {
  const first = { ...seen(), run: { id: 'run-1', location: 's3://b/p/run-1/' }, summary: { target: 'pod/web-0', nodes: 'node-a' } };
  const second = { ...first, run: { id: 'run-2', location: 's3://b/p/run-2/' }, previousRuns: [{ id: 'run-1' }] };

  test('is told once, with where its files go, and is its Starting too', () => {
    const starting = { ...first, conditions: of(['Ready', 'False', 'Starting'], ['Reconciling', 'True', 'Starting']).conditions };
    expect(told({ observedGeneration: -1 }, starting)).toEqual(['Normal RunStarted: run run-1 of pod/web-0 on node-a begins; its files go to s3://b/p/run-1/']);
    expect(told(starting, starting)).toEqual([]);
  });

  test('says what becomes of the one before', () => {
    expect(told(first, second)).toEqual(['Normal RunStarted: run run-2 of pod/web-0 on node-a begins; its files go to s3://b/p/run-2/; run run-1 stops capturing and delivers beside it']);
    expect(told(first, { ...second, previousRuns: [{ id: 'run-1', completionTime: '2026-11-20T03:05:12Z' }] })[0]).not.toContain('beside it');
  });
});
