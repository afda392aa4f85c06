import { describe, expect, test } from '@jest/globals';
import type { DestinationObject } from '../../../src/plan/destination.js';
import { planCapture } from '../../../src/plan/plan.js';
import { aCapture, aDestination, aPod, aWorld, condition, recordOf, running } from './builders.js';

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

describe('a destination that takes captures of some namespaces only', () => {
  const forTeam = (values: string[]): object => ({ allowedNamespaces: { from: 'Selector', selector: { matchExpressions: [{ key: 'team', operator: 'In', values }] } } });
  const restricted = (spec: object, metadata: object = {}): DestinationObject => ({ ...aDestination({ metadata }), spec: { ...(aDestination().spec as object), ...spec } });
  const isDefault = { annotations: { 'packetcapture.dev/is-default': 'true' } };
  const named = aCapture({ storage: { destinationRef: { name: 'team-bucket' } } });

  test('takes those whose namespace has the label', () => {
    const plan = planCapture(aWorld({ capture: named, destinations: [restricted(forTeam(['shop']))], namespaceLabels: { team: 'shop' } }));
    expect(recordOf(plan).run.destination.name).toBe('team-bucket');
  });

  test.each([
    ['another label', { team: 'garden' }],
    ['no label', {}],
    ['no namespace', undefined],
  ])('refuses one with %s, without a word of the others, and looks again', (_what, namespaceLabels) => {
    const destinations = [restricted(forTeam(['rivals', 'secret-project']))];
    const plan = planCapture(aWorld({ capture: named, destinations, namespaceLabels }));
    expect(plan.record).toBeUndefined();
    expect(plan.children.createJobs).toEqual([]);
    expect(condition(plan, 'Ready')).toMatchObject({ status: 'False', reason: 'NamespaceNotAllowed', message: expect.stringContaining('"team-bucket" takes no captures of namespace "shop"; ask its owner') });
    expect(condition(plan, 'Reconciling')).toMatchObject({ status: 'True' });
    expect(JSON.stringify(plan.status)).not.toMatch(/rivals|secret-project|garden/);
    expect(plan.lookAgainMs).toBeLessThanOrEqual(15_000);
  });

  test('one that is not Ready either says only that it is not allowed', () => {
    const shut = { ...restricted(forTeam(['rivals'])), status: { conditions: [{ type: 'Ready', status: 'False', reason: 'AccessDenied', observedGeneration: 1 }] } };
    expect(condition(planCapture(aWorld({ capture: named, destinations: [shut] })), 'Ready')).toMatchObject({ reason: 'NamespaceNotAllowed', message: expect.not.stringContaining('AccessDenied') });
  });

  test.each([
    ['a selector beside All', { allowedNamespaces: { from: 'All', selector: { matchLabels: { team: 'rivals' } } } }],
    ['a selector without from', { allowedNamespaces: { selector: { matchLabels: { team: 'rivals' } } } }],
    ['an empty selector', { allowedNamespaces: { from: 'Selector', selector: {} } }],
    ['Selector without one', { allowedNamespaces: { from: 'Selector' } }],
    ['a selector that would pick all by mistake', { allowedNamespaces: { from: 'Selector', selector: { matchExpressions: [{ key: 'team', operator: 'NotIn', values: [] }] } } }],
    ['a word that only a newer version knows', { allowedNamespaces: { from: 'Same' } }],
  ])('%s lets nobody in, whatever an earlier probe said', (_what, spec) => {
    const plan = planCapture(aWorld({ capture: named, destinations: [restricted(spec)], namespaceLabels: { team: 'shop' } }));
    expect(plan.record).toBeUndefined();
    expect(['NamespaceNotAllowed', 'DestinationNotReady']).toContain(condition(plan, 'Ready')?.reason);
  });

  test('a default that the namespace may not use is none for it: the newest that it may use is', () => {
    const newest = restricted(forTeam(['rivals']), { ...isDefault, name: 'newest', creationTimestamp: '2026-03-01T00:00:00Z' });
    const older = restricted(forTeam(['shop']), { ...isDefault, name: 'older', creationTimestamp: '2026-02-01T00:00:00Z' });
    expect(recordOf(planCapture(aWorld({ destinations: [newest, older], namespaceLabels: { team: 'shop' } }))).run.destination.name).toBe('older');
    const plan = planCapture(aWorld({ destinations: [newest, older], namespaceLabels: { team: 'garden' } }));
    expect(condition(plan, 'Ready')).toMatchObject({ reason: 'NamespaceNotAllowed', message: expect.stringContaining('no default ClusterCaptureDestination takes captures of namespace "shop"') });
    expect(condition(plan, 'Ready')?.message).not.toMatch(/rivals|newest|older/);
  });

  test('a run that lasts goes on when its namespace is allowed no more, with its keys; the next one is refused', () => {
    const { record, world } = running({ capture: named });
    const shut = [restricted(forTeam(['rivals']))];
    const lasting = planCapture({ ...world, destinations: shut, credentials: () => ({ data: { accessKeyId: 'bmV3', secretAccessKey: 'bmV3' } }) });
    expect(recordOf(lasting).run).toMatchObject({ id: record.run.id });
    expect(recordOf(lasting).run.stop).toBeUndefined();
    expect(lasting.children.secrets).toHaveLength(1);
    const next = planCapture({ ...world, capture: aCapture({ storage: { destinationRef: { name: 'team-bucket' } }, runToken: '2' }, { generation: 2 }), destinations: shut });
    expect(recordOf(next).run).toMatchObject({ id: record.run.id, stop: { reason: 'Superseded' } });
    expect(condition(next, 'Ready')).toBeDefined();
    expect(next.children.createJobs).toEqual([]);
  });
});
