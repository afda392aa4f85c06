import { describe, expect, test } from '@jest/globals';
import { planCapture } from '../../../src/plan/plan.js';
import { aCapture, aDestination, aPod, aWorld, condition, recordOf } from './builders.js';

test('a valid capture of a running pod begins: record, Secret and Job in one plan, finalizer on', () => {
  const plan = planCapture(aWorld());
  const { run } = recordOf(plan);
  expect(run).toMatchObject({ number: 1, targets: [{ name: 'web-0_aaaaaaaa', node: 'node-a', podIPs: ['10.0.0.7'] }], nodes: [{ node: 'node-a' }] });
  expect(run.id).toMatch(/^20261120T030512Z-[0-9a-f]{6}$/);
  expect(run.destination).toEqual({ name: 'team-bucket', endpoint: 'http://s3.storage.svc:9000', region: 'us-east-1', bucket: 'captures', prefix: 'clusters/prod/', addressing: 'Path' });
  expect(plan.children.createJobs).toHaveLength(1);
  expect(plan.children.secrets).toHaveLength(1);
  expect(plan.finalizer).toBe('present');
  expect(plan.status).toMatchObject({ phase: 'Starting', observedGeneration: 1 });
});

describe('what keeps a capture from beginning', () => {
  const noDefault = { metadata: { annotations: {} } };
  test.each([
    ['no such pod', aWorld({ targetPods: [] }), 'TargetNotFound', 'Reconciling'],
    ['no default destination', aWorld({ destinations: [aDestination(noDefault)] }), 'NoDefaultDestination', 'Reconciling'],
    ['a destination that is not there', aWorld({ capture: aCapture({ storage: { destinationRef: { name: 'nope' } } }) }), 'DestinationNotFound', 'Reconciling'],
    ['a destination that is not ready', aWorld({ destinations: [aDestination({ ready: 'False', reason: 'AccessDenied' })] }), 'DestinationNotReady', 'Reconciling'],
    ['a destination whose newest spec was not probed', aWorld({ destinations: [aDestination({ generation: 0 })] }), 'DestinationNotReady', 'Reconciling'],
    ['a destination without keys', aWorld({ credentials: () => ({ problem: 'gone' }) }), 'DestinationNotReady', 'Reconciling'],
    ['a hostNetwork pod', aWorld({ targetPods: [aPod({ spec: { hostNetwork: true } })] }), 'HostNetworkRefused', 'Stalled'],
    ['a filter that does not compile', aWorld({ filter: () => ({ problem: 'syntax error' }) }), 'InvalidFilter', 'Stalled'],
    ['a filter that still compiles', aWorld({ filter: () => ({ isPending: true }) }), 'CheckingFilter', 'Reconciling'],
    ['more than a cap allows', aWorld({ capture: aCapture({ duration: '25h' }) }), 'DurationTooLong', 'Stalled'],
    ['a bad spec', aWorld({ capture: aCapture({ ring: { files: 5 } }) }), 'InvalidSpec', 'Stalled'],
  ])('%s', (_what, world, reason, type) => {
    const plan = planCapture(world);
    expect(plan.record).toBeUndefined();
    expect(plan.children.createJobs).toEqual([]);
    expect(plan.finalizer).toBe('absent');
    expect(condition(plan, 'Ready')).toMatchObject({ status: 'False', reason });
    expect(condition(plan, type)).toMatchObject({ status: 'True', reason });
  });

  test('a refused spec waits for an edit, a refused pod for the next one of its name', () => {
    expect(planCapture(aWorld({ capture: aCapture({ duration: '25h' }) })).lookAgainMs).toBeUndefined();
    expect(planCapture(aWorld({ targetPods: [aPod({ spec: { hostNetwork: true } })] })).lookAgainMs).toBeDefined();
  });

  test('the bucket refuses the keys: a tenant reads the code, not the words of the store', () => {
    const plan = planCapture(aWorld({ destinations: [aDestination({ ready: 'False', reason: 'AccessDenied' })] }));
    expect(condition(plan, 'Ready')?.message).toContain('"team-bucket" is not ready: AccessDenied');
  });

  test.each([
    [{ ring: { files: 5 } }, 'spec.ring.files 5: without fileSize or rotateInterval'],
    [{ ring: { fileSize: '500k' } }, 'spec.ring.fileSize "500k": must be a whole multiple of 1M (tcpdump counts in 1,000,000 bytes); use "1M"'],
    [{ ring: { fileSize: '10Mi' } }, 'use "10M" or "11M"'],
    [{ interface: '1' }, 'spec.interface "1"'],
    [{ interface: 'nflog' }, 'pseudo device'],
    [{ filter: '-w /etc/passwd' }, 'spec.filter "-w /etc/passwd": begins with "-"'],
    [{ filter: 'host example.com' }, '"example.com" could be a host name'],
    [{ duration: '0s' }, 'spec.duration "0s"'],
  ])('the message shows the value and the fix: %j', (spec, words) => {
    expect(condition(planCapture(aWorld({ capture: aCapture(spec) })), 'Ready')?.message).toContain(words);
  });
});

test('of two default destinations the newest is used', () => {
  const older = aDestination({ metadata: { name: 'older', creationTimestamp: '2026-01-01T00:00:00Z', annotations: { 'packetcapture.dev/is-default': 'true' } } });
  const newer = aDestination({ metadata: { name: 'newer', creationTimestamp: '2026-02-01T00:00:00Z', annotations: { 'packetcapture.dev/is-default': 'true' } } });
  expect(recordOf(planCapture(aWorld({ destinations: [newer, older] }))).run.destination.name).toBe('newer');
});
