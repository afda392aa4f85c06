import { describe, expect, test } from '@jest/globals';
import { targetIsGone, targetObstacle } from '../../../src/plan/target.js';
import { aPod, POD_UID } from './builders.js';

describe('a pod can be captured', () => {
  test.each([
    ['while it runs', aPod()],
    ['in a crash loop, whose network namespace stays', aPod({ status: { phase: 'Running' } })],
    ['while init containers fail', aPod({ status: { phase: 'Pending' } })],
  ])('%s', (_when, pod) => {
    expect(targetObstacle('web-0', 'shop', pod, false)).toBeUndefined();
  });
});

describe('a pod can not be captured, and the message says why', () => {
  test.each([
    ['TargetNotFound', false, undefined, 'capturing starts when it appears'],
    ['TargetNotScheduled', false, aPod({ spec: { nodeName: undefined } }), 'not scheduled'],
    ['TargetNotReady', false, aPod({ status: { podIP: undefined, podIPs: undefined } }), 'no IP address'],
    ['TargetTerminated', false, aPod({ status: { phase: 'Succeeded' } }), 'has ended (Succeeded)'],
    ['TargetTerminating', false, aPod({ metadata: { deletionTimestamp: '2026-11-20T03:00:00Z' } }), 'is being deleted'],
    ['HostNetworkRefused', true, aPod({ spec: { hostNetwork: true } }), '--allow-host-network'],
    ['StaticPodRefused', true, aPod({ metadata: { annotations: { 'kubernetes.io/config.mirror': 'x' } } }), 'static pod'],
  ])('%s', (reason, terminal, pod, words) => {
    const obstacle = targetObstacle('web-0', 'shop', pod, false);
    expect(obstacle).toMatchObject({ reason, terminal });
    expect(obstacle?.message).toContain(words);
    expect(obstacle?.message).toContain('"web-0"');
  });

  test("the node's own network only where the operator allows it", () => {
    expect(targetObstacle('web-0', 'shop', aPod({ spec: { hostNetwork: true } }), true)).toBeUndefined();
  });
});

describe('a target is gone', () => {
  test.each([
    ['when no pod of the name is left', undefined, true],
    ['when another pod has the name', aPod({ metadata: { uid: 'other' } }), true],
    ['when the pod has ended', aPod({ status: { phase: 'Failed' } }), true],
    ['not while the pod is being deleted: its processes still talk', aPod({ metadata: { deletionTimestamp: 'x' } }), false],
  ])('%s', (_when, pod, gone) => {
    expect(targetIsGone(POD_UID, pod)).toBe(gone);
  });
});
