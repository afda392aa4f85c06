import { expect, test } from '@jest/globals';
import { checkRights, installerNeeds, userNeeds, type Need } from '../../../../src/cli/check/rights.js';

const [see, , change, download, live] = userNeeds('shop', 'packetcapture-jobs') as [Need, Need, Need, Need, Need];
const answers = (...granted: boolean[]) => granted.map((value) => ({ value }));
const note = { must: false };

test('what this user may', () => expect(checkRights(see, answers(true, true, true), note)).toEqual({ subject: 'rights', result: 'ok', message: 'you may see captures of namespace "shop"' }));

test('a missing right is a note, with the role that gives it', () => {
  expect(checkRights(change, answers(false, true), note)).toEqual({
    subject: 'rights',
    result: 'warn',
    message: 'you may not stop captures, take snapshots, change and delete: no patch of packetcaptures.packetcapture.dev in shop',
    fix: 'the role packetcapture-edit (part of edit and admin) gives it, bound in namespace shop',
  });
  expect(checkRights(download, answers(true, false, false), note).message).toBe('you may not download files without keys to the bucket: no get, delete of capturedownloads.packetcapture.dev in shop');
  expect(checkRights(live, answers(false), note)).toMatchObject({ result: 'warn', message: 'you may not see packets live: no get, create of pods/portforward in packetcapture-jobs' });
});

test('to install, they must be there', () => {
  const [first] = installerNeeds(['packetcapture-system']) as [Need];
  expect(checkRights(first, answers(...first.attributes.map(({ resource }) => resource !== 'customresourcedefinitions')), { must: true })).toMatchObject({
    result: 'fail',
    message: 'you may not install namespaces, CRDs and a PriorityClass: no create, get, patch of customresourcedefinitions.apiextensions.k8s.io',
    fix: 'ask whoever administers the cluster',
  });
});

test('that nobody could be asked is no missing right', () => {
  expect(checkRights(live, [{ problem: 'no answer within 30000 ms' }], note)).toMatchObject({ result: 'warn', message: 'cannot see whether you may see packets live: no answer within 30000 ms' });
});
