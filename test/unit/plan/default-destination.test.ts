import { describe, expect, test } from '@jest/globals';
import { defaultDestination } from '../../../src/api/default-destination.js';
import { DEFAULT_DESTINATION_ANNOTATION } from '../../../src/api/group.js';
import { defaultVerdict } from '../../../src/plan/default-destination.js';

const claimant = (name: string, creationTimestamp: string, claims = true, allowedNamespaces?: object) => ({
  metadata: { name, uid: name, creationTimestamp, ...(claims && { annotations: { [DEFAULT_DESTINATION_ANNOTATION]: 'true' } }) },
  spec: { s3: { bucket: 'captures', auth: { secretRef: { name: 's3' } } }, ...(allowedNamespaces && { allowedNamespaces }) },
});
const forTeam = (team: string): object => ({ from: 'Selector', selector: { matchLabels: { team } } });
const old = claimant('old', '2026-01-01T00:00:00Z');
const young = claimant('young', '2026-02-01T00:00:00Z');
const other = claimant('other', '2026-03-01T00:00:00Z', false);

test('one that claims nothing says nothing', () => expect(defaultVerdict(other, [old, other])).toBeUndefined());

test('the only one says so', () => expect(defaultVerdict(old, [old, other])).toMatchObject({ type: 'Default', status: 'True', reason: 'OnlyDefault' }));

test('of two the newest wins, in whatever order they come, and both name the other', () => {
  for (const all of [[old, young, other], [young, other, old]]) {
    expect(defaultDestination(all, {})).toBe(young);
    expect(defaultVerdict(young, all)).toMatchObject({ status: 'True', reason: 'NewestDefault', message: expect.stringContaining('"old"') });
    expect(defaultVerdict(old, all)).toMatchObject({ status: 'False', reason: 'NewerDefault', message: expect.stringContaining('"young"') });
  }
});

test('of two of one second the first by name wins', () => {
  const twin = claimant('aaa', '2026-02-01T00:00:00Z');
  expect(defaultDestination([young, twin], {})).toBe(twin);
});

describe('defaults that do not allow every namespace', () => {
  const red = claimant('red', '2026-04-01T00:00:00Z', true, forTeam('red'));
  const blue = claimant('blue', '2026-05-01T00:00:00Z', true, forTeam('blue'));
  const all = [old, red, blue];

  test.each([
    ['a namespace that the newest allows', { team: 'blue' }, 'blue'],
    ['a namespace that an older one allows', { team: 'red' }, 'red'],
    ['a namespace that none of them names', { team: 'green' }, 'old'],
    ['a namespace that could not be looked at', undefined, 'old'],
  ])('%s has the newest of those that allow it', (_what, labels, name) => expect(defaultDestination(all, labels)?.metadata.name).toBe(name));

  test('where none allows the namespace there is none', () => expect(defaultDestination([red, blue], { team: 'green' })).toBeUndefined());

  test('each says whose default it is', () => {
    expect(defaultVerdict(blue, all)).toMatchObject({ status: 'True', reason: 'NewestDefault', message: expect.stringMatching(/of the namespaces that it allows.*"red", "old"/) });
    expect(defaultVerdict(red, all)).toMatchObject({ status: 'True', reason: 'OlderDefault', message: expect.stringContaining('where no newer default allows their namespace: "blue"') });
    expect(defaultVerdict(old, all)).toMatchObject({ status: 'True', reason: 'OlderDefault', message: expect.stringContaining('"blue", "red"') });
  });

  test('one that is older than one for all is never used', () => {
    const newest = claimant('newest', '2026-06-01T00:00:00Z');
    for (const claim of [red, old]) expect(defaultVerdict(claim, [...all, newest])).toMatchObject({ status: 'False', reason: 'NewerDefault' });
  });
});
