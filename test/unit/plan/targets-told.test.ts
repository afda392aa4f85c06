import { describe, expect, test } from '@jest/globals';
import type { PacketCaptureStatus } from '../../../src/api/packetcapture-status.js';
import { transitions } from '../../../src/plan/transitions.js';

type Target = NonNullable<PacketCaptureStatus['targets']>[number];
const target = (n: number, overrides: Partial<Target> = {}): Target => ({ name: `web-${n}_0000`, podName: `web-${n}`, node: 'node-a', state: 'Capturing', ...overrides });
const targets = (count: number, overrides: Partial<Target> = {}, from = 0): Target[] => Array.from({ length: count }, (_, n) => target(from + n, overrides));
const of = (...all: Target[]): PacketCaptureStatus => ({ observedGeneration: 1, phase: 'Capturing', run: { id: 'run-1' }, targets: all });
const told = (before: PacketCaptureStatus, after: PacketCaptureStatus) => transitions(before, after).map(({ type, reason, message }) => `${type} ${reason}: ${message}`);

describe('while a run goes on, an Event tells', () => {
  test.each([
    ['of a target that joined', of(target(0)), of(target(0), target(1, { state: 'Pending' })), ['Normal TargetsChanged: 1 target joined: web-1 on node-a']],
    ['of one that ended, with why', of(target(0), target(1)), of(target(0), target(1, { state: 'Draining', stopReason: 'TargetGone' })), ['Normal TargetsChanged: 1 target ended: web-1 (TargetGone)']],
    ['of both, in one', of(target(0)), of(target(0, { state: 'Ended', stopReason: 'MaxSize' }), target(1)), ['Normal TargetsChanged: 1 target joined: web-1 on node-a; 1 target ended: web-0 (MaxSize)']],
    ['of one that failed, with its words', of(target(0), target(1, { state: 'Pending' })), of(target(0), target(1, { state: 'Failed', stopReason: 'Failed', reason: 'InterfaceNotFound', message: 'no eth7' })), ['Warning TargetFailed: 1 target failed: web-1 (InterfaceNotFound); web-1: no eth7']],
    ['of many, naming five', of(target(0)), of(target(0), ...targets(50, {}, 1)), ['Normal TargetsChanged: 50 targets joined: web-1 on node-a, web-2 on node-a, web-3 on node-a, web-4 on node-a, web-5 on node-a, and 45 more']],
  ])('%s', (_what, before, after, events) => {
    expect(told(before, after)).toEqual(events);
  });

  test.each([
    ['the same', of(target(0)), of(target(0))],
    ['one that drained and is done', of(target(0), target(1, { state: 'Draining', stopReason: 'TargetGone' })), of(target(0), target(1, { state: 'Ended', stopReason: 'TargetGone' }))],
    ['one that is suspended', of(target(0)), of(target(0, { state: 'Suspended', stopReason: 'Suspended' }))],
    ['ended ones that are listed no more', of(target(0), target(1, { state: 'Ended', stopReason: 'TargetGone' })), of(target(0))],
  ])('nothing of %s', (_what, before, after) => {
    expect(told(before, after)).toEqual([]);
  });
});

test('what ends with its run is told by the end of the run', () => {
  const after = { ...of(target(0, { state: 'Ended', stopReason: 'Duration' })), phase: 'Uploading', run: { id: 'run-1', stopTime: '2026-11-20T03:07:12Z' } };
  expect(told(of(target(0)), after)).toEqual([]);
});
