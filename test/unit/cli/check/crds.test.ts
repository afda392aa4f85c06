import { describe, expect, test } from '@jest/globals';
import { checkCrds, CRDS, missingFields, type CrdObject } from '../../../../src/cli/check/crds.js';
import { missing, results, said } from './words.js';

/** The plugin's own, as an API server holds them; `change` gets a copy of the first one. */
function installed(change: (crd: CrdObject) => CrdObject | undefined = (crd) => crd): (CrdObject | undefined)[] {
  const copies = CRDS.map((crd): CrdObject => ({ ...structuredClone(crd), status: { conditions: [{ type: 'NamesAccepted', status: 'True' }, { type: 'Established', status: 'True' }] } }));
  return copies.map((crd, index) => (index === 0 ? change(crd) : crd));
}
const served = { value: ['packetcaptures', 'clustercapturedestinations', 'capturedownloads'] };

test('the CRDs of this version are in place', () => {
  expect(results(checkCrds(served, { value: installed() }))).toEqual(['ok', 'ok', 'ok']);
});

describe('a CRD that is not as it has to be', () => {
  test.each<[string, (crd: CrdObject) => CrdObject | undefined, string]>([
    ['missing', () => undefined, 'packetcaptures.packetcapture.dev is not there'],
    ['being deleted', (crd) => ({ ...crd, metadata: { ...crd.metadata, deletionTimestamp: '2026-11-20T03:05:12Z' } }), 'packetcaptures.packetcapture.dev is being deleted, and every object of it'],
    ['not established', (crd) => ({ ...crd, status: { conditions: [{ type: 'NamesAccepted', status: 'False', message: '"pktcap" is already in use' }, { type: 'Established', status: 'False' }] } }), 'packetcaptures.packetcapture.dev is not established: "pktcap" is already in use'],
    ['of another version', (crd) => ({ ...crd, spec: { versions: [{ name: 'v1', served: true }] } }), 'packetcaptures.packetcapture.dev does not serve v1alpha1'],
    ['older', (crd) => missing(crd, 'spec.upload', 'status.live.agents.port'), 'packetcaptures.packetcapture.dev is older than this plugin: it lacks spec.upload, status.live.agents.port'],
    ['much older', (crd) => missing(crd, 'spec'), 'packetcaptures.packetcapture.dev is older than this plugin: it lacks spec'],
  ])('%s', (_what, change, message) => {
    const [finding] = checkCrds(served, { value: installed(change) });
    expect(finding).toMatchObject({ result: 'fail', message, fix: expect.stringMatching(/./) });
  });
});

test('of many missing fields some are named', () => {
  const old = (crd: CrdObject) => missing(crd, ...['target', 'ring', 'upload', 'storage', 'spool', 'suspend', 'runToken'].map((name) => `spec.${name}`));
  expect(said(checkCrds(served, { value: installed(old) }))[0]).toMatch(/it lacks (spec\.\w+, ){4}spec\.\w+ and 2 more$/);
});

test('a schema that keeps unknown fields lacks none', () => {
  expect(missingFields({ properties: { spec: { properties: { a: {} } } } }, { 'x-kubernetes-preserve-unknown-fields': true })).toEqual([]);
});

describe('a user who may not read CRDs', () => {
  test('sees by discovery that they are served, and is told what is not known', () => {
    const found = checkCrds(served, { forbidden: true });
    expect(results(found)).toEqual(['ok', 'warn']);
    expect(found[1]?.message).toBe('cannot see whether the CRDs have every field of this plugin: this user may not read customresourcedefinitions');
  });

  test('sees by discovery which are missing', () => {
    expect(said(checkCrds({ value: ['packetcaptures'] }, { forbidden: true }))).toEqual(['clustercapturedestinations.packetcapture.dev is not served in v1alpha1', 'capturedownloads.packetcapture.dev is not served in v1alpha1']);
    expect(results(checkCrds({ value: undefined }, { forbidden: true }))).toEqual(['fail', 'fail', 'fail']);
  });
});
