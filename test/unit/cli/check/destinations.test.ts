import { describe, expect, test } from '@jest/globals';
import { checkDestinations, type DestinationSeen } from '../../../../src/cli/check/destinations.js';
import { lines } from './words.js';

interface Wish {
  name?: string;
  isDefault?: boolean;
  team?: string;
  created?: string;
  ready?: object;
}
const aDestination = ({ name = 'team-bucket', isDefault = true, team, created = '2026-01-01T00:00:00Z', ready = {} }: Wish = {}): DestinationSeen => ({
  metadata: { name, uid: name, resourceVersion: '1', generation: 1, creationTimestamp: created, ...(isDefault && { annotations: { 'packetcapture.dev/is-default': 'true' } }) },
  spec: { s3: { bucket: 'captures', auth: { secretRef: { name: 's3' } } }, ...(team !== undefined && { allowedNamespaces: { from: 'Selector', selector: { matchLabels: { team } } } }) },
  status: { conditions: [{ type: 'Ready', status: 'True', reason: 'BucketUsable', observedGeneration: 1, ...ready }] },
});
const found = (all: DestinationSeen[], labels: Record<string, string> | undefined = {}): string[] => lines(checkDestinations({ value: all }, 'shop', { value: labels }));

test('one that is Ready and the default', () => {
  expect(found([aDestination()])).toEqual(['ok: destination "team-bucket" is Ready: BucketUsable', 'ok: destination "team-bucket" is the default', 'ok: captures of namespace "shop" that name no destination go to "team-bucket"']);
});

test('none', () => expect(found([])).toEqual(['fail: there is no ClusterCaptureDestination: every capture waits for one']));

test('one that is not Ready: its words, and what to do by the table of reasons', () => {
  const [first] = checkDestinations({ value: [aDestination({ ready: { status: 'False', reason: 'AccessDenied', message: 'HTTP 403' } })] }, 'shop', { value: {} });
  expect(first).toMatchObject({ result: 'fail', message: 'destination "team-bucket" is not Ready: AccessDenied: HTTP 403', fix: 'Check the keys, and that they may get, put and delete objects under the prefix.' });
});

test('one that was edited, and not probed since', () => {
  expect(found([aDestination({ ready: { observedGeneration: 0 } })])[0]).toBe('fail: destination "team-bucket" was not looked at by the operator yet');
});

describe('the default', () => {
  test('there is none', () => {
    expect(found([aDestination({ isDefault: false })]).slice(1)).toEqual(['warn: no destination is the default: a capture that names none waits', 'warn: no default destination takes captures of namespace "shop": they have to name one of "team-bucket"']);
  });

  test('several claim it for everybody', () => {
    const young = aDestination({ name: 'young', created: '2026-02-01T00:00:00Z' });
    expect(found([aDestination(), young])).toContain('warn: several destinations claim to be the default: "young", "team-bucket"; the newest, "young", is it');
  });

  test('each of several is that of its namespaces', () => {
    const red = aDestination({ name: 'red', team: 'red', created: '2026-02-01T00:00:00Z' });
    expect(found([aDestination(), red], { team: 'red' }).slice(2)).toEqual(['ok: several destinations are the default, each for its namespaces: "red", "team-bucket"', 'ok: captures of namespace "shop" that name no destination go to "red"']);
    expect(found([red, { ...red, metadata: { ...red.metadata, name: 'blue' } }], { team: 'red' })[2]).toMatch(/^ok: several/);
  });
});

describe('the namespace', () => {
  const red = aDestination({ team: 'red' });
  test('is not allowed', () => expect(found([red], { team: 'blue' }).at(-1)).toBe('fail: no destination takes captures of namespace "shop"'));
  test('is not there', () => expect(lines(checkDestinations({ value: [red] }, 'shop', { value: undefined })).at(-1)).toBe('fail: namespace "shop" is not there'));
  test('cannot be seen, and decides', () => expect(lines(checkDestinations({ value: [red] }, 'shop', { forbidden: true })).at(-1)).toBe('warn: cannot see the labels of namespace "shop", by which destinations allow it: this user may not'));
  test('cannot be seen, and does not matter', () => expect(lines(checkDestinations({ value: [aDestination()] }, 'shop', { forbidden: true })).at(-1)).toMatch(/^ok/));
});

test('who may not see destinations is told so', () => {
  expect(lines(checkDestinations({ forbidden: true }, 'shop', { value: {} }))).toEqual(['warn: cannot see destinations: this user may not']);
});
