import { expect, test } from '@jest/globals';
import { DEFAULT_DESTINATION_ANNOTATION } from '../../../src/api/group.js';
import { defaultDestination, defaultVerdict } from '../../../src/plan/default-destination.js';

const claimant = (name: string, creationTimestamp: string, claims = true) => ({ metadata: { name, uid: name, creationTimestamp, ...(claims && { annotations: { [DEFAULT_DESTINATION_ANNOTATION]: 'true' } }) } });
const old = claimant('old', '2026-01-01T00:00:00Z');
const young = claimant('young', '2026-02-01T00:00:00Z');
const other = claimant('other', '2026-03-01T00:00:00Z', false);

test('one that claims nothing says nothing', () => expect(defaultVerdict(other, [old, other])).toBeUndefined());

test('the only one says so', () => expect(defaultVerdict(old, [old, other])).toMatchObject({ type: 'Default', status: 'True', reason: 'OnlyDefault' }));

test('of two the newest wins, in whatever order they come, and both name the other', () => {
  for (const all of [[old, young, other], [young, other, old]]) {
    expect(defaultDestination(all)).toBe(young);
    expect(defaultVerdict(young, all)).toMatchObject({ status: 'True', reason: 'NewestDefault', message: expect.stringContaining('"old"') });
    expect(defaultVerdict(old, all)).toMatchObject({ status: 'False', reason: 'NewerDefault', message: expect.stringContaining('"young"') });
  }
});

test('of two of one second the first by name wins', () => {
  const twin = claimant('aaa', '2026-02-01T00:00:00Z');
  expect(defaultDestination([young, twin])).toBe(twin);
});
