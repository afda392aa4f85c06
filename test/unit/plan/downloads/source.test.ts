import { expect, test } from '@jest/globals';
import { chooseSource } from '../../../../src/plan/downloads/source.js';
import { aDestination, running } from '../builders.js';

const { destination: pinned } = running().record.run;
const SHOP = { namespace: 'shop', labels: { team: 'shop' } };
const there = aDestination();
const s3 = (there.spec as { s3: object }).s3;
const edited = (spec: object) => ({ ...there, spec: { ...(there.spec as object), ...spec } });

test('the destination that the run began with signs, as it stands now', () => {
  expect(chooseSource(pinned, SHOP, [there]).source).toBe(there);
  const found = chooseSource(pinned, SHOP, [edited({ s3: { ...s3, prefix: 'moved/', externalEndpoint: 'https://s3.example.com' } })]);
  expect(found.obstacle ?? found.spec.s3.externalEndpoint).toBe('https://s3.example.com');
});

test.each([
  ['is gone', [], 'DestinationNotFound'],
  ['is not Ready', [aDestination({ ready: 'False', reason: 'AccessDenied' })], 'DestinationNotReady'],
  ['was edited and not probed since', [aDestination({ metadata: { generation: 2 } })], 'DestinationNotReady'],
  ['is for another bucket now', [edited({ s3: { ...s3, bucket: 'others' } })], 'DestinationChanged'],
  ['is for another service now', [edited({ s3: { ...s3, endpoint: 'https://elsewhere.example.com' } })], 'DestinationChanged'],
  ['does not allow the namespace any more', [edited({ allowedNamespaces: { from: 'Selector', selector: { matchLabels: { team: 'bank' } } } })], 'NamespaceNotAllowed'],
])('nothing is signed where it %s', (_what, all, reason) => {
  expect(chooseSource(pinned, SHOP, all)).toEqual({ obstacle: expect.objectContaining({ reason, terminal: false }) });
});

test('who else is allowed is not said', () => {
  const { obstacle } = chooseSource(pinned, SHOP, [edited({ allowedNamespaces: { from: 'Selector', selector: { matchLabels: { team: 'bank' } } } })]);
  expect(obstacle?.message).not.toContain('bank');
});
