import { describe, expect, test } from '@jest/globals';
import type { DestinationObject } from '../../../src/plan/destination.js';
import { planCapture } from '../../../src/plan/plan.js';
import { aCapture, aDestination, aWorld, condition, recordOf, running } from './builders.js';

const forTeam = (values: string[]): object => ({ allowedNamespaces: { from: 'Selector', selector: { matchExpressions: [{ key: 'team', operator: 'In', values }] } } });
const restricted = (spec: object, metadata: object = {}): DestinationObject => ({ ...aDestination({ metadata }), spec: { ...(aDestination().spec as object), ...spec } });
const named = aCapture({ storage: { destinationRef: { name: 'team-bucket' } } });
const isDefault = { annotations: { 'packetcapture.dev/is-default': 'true' } };

describe('a destination that takes captures of some namespaces only', () => {
  test('takes those whose namespace has the label', () => {
    const plan = planCapture(aWorld({ capture: named, destinations: [restricted(forTeam(['shop']))], namespaceLabels: { team: 'shop' } }));
    expect(recordOf(plan).run.destination.name).toBe('team-bucket');
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

describe('hostile: tenant', () => {
  test.each([
    ['another label', { team: 'garden' }],
    ['no label', {}],
    ['no namespace', undefined],
  ])('a namespace with %s → refused without a word of the others, and looked at again', (_what, namespaceLabels) => {
    const destinations = [restricted(forTeam(['rivals', 'secret-project']))];
    const plan = planCapture(aWorld({ capture: named, destinations, namespaceLabels }));
    expect(plan.record).toBeUndefined();
    expect(plan.children.createJobs).toEqual([]);
    expect(condition(plan, 'Ready')).toMatchObject({ status: 'False', reason: 'NamespaceNotAllowed', message: expect.stringContaining('"team-bucket" takes no captures of namespace "shop"; ask its owner') });
    expect(condition(plan, 'Reconciling')).toMatchObject({ status: 'True' });
    expect(JSON.stringify(plan.status)).not.toMatch(/rivals|secret-project|garden/);
    expect(plan.lookAgainMs).toBeLessThanOrEqual(15_000);
  });

  test('asking how a destination stands that is not for the namespace → told only that it is not allowed', () => {
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
  ])('a destination with %s → lets nobody in, whatever an earlier probe said', (_what, spec) => {
    const plan = planCapture(aWorld({ capture: named, destinations: [restricted(spec)], namespaceLabels: { team: 'shop' } }));
    expect(plan.record).toBeUndefined();
    expect(['NamespaceNotAllowed', 'DestinationNotReady']).toContain(condition(plan, 'Ready')?.reason);
  });
});
