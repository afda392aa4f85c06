import { expect, test } from '@jest/globals';
import type { KubeObject } from '../../../src/kube/object.js';
import { isOfCapture, isOfJob, isOfOwnObject, isOfPod } from '../../../src/operator/echoes.js';

const object = (metadata: object, rest: object = {}): KubeObject => ({ metadata: { name: 'one', uid: 'u', resourceVersion: '2', ...metadata }, ...rest });
const modified = (before: KubeObject, after: KubeObject) => ({ type: 'MODIFIED' as const, object: after, previous: before });

test("of a capture its status and finalizers are the operator's, and all that people write is theirs", () => {
  const before = object({ generation: 1 });
  expect(isOfCapture(modified(before, object({ generation: 1, resourceVersion: '3', finalizers: ['f'] }, { status: { phase: 'Starting' } })))).toBe(true);
  for (const theirs of [{ generation: 2 }, { generation: 1, annotations: { stop: 'now' } }, { generation: 1, deletionTimestamp: 'now' }, { generation: 1, uid: 'another' }]) {
    expect(isOfCapture(modified(before, object(theirs)))).toBe(false);
  }
  expect(isOfCapture({ type: 'ADDED', object: before })).toBe(false);
  expect(isOfCapture({ type: 'DELETED', object: before })).toBe(false);
});

test('of a capture pod control is, and how it fares is not', () => {
  const before = object({}, { status: { phase: 'Pending' } });
  expect(isOfPod(modified(before, object({ resourceVersion: '3', annotations: { control: '{}' } }, { status: { phase: 'Pending' } })))).toBe(true);
  expect(isOfPod(modified(before, object({ resourceVersion: '3' }, { status: { phase: 'Running' } })))).toBe(false);
  expect(isOfPod(modified(before, object({ deletionTimestamp: 'now' }, { status: { phase: 'Pending' } })))).toBe(false);
  expect(isOfPod({ type: 'ADDED', object: before })).toBe(false);
});

test('that a Job is there is, and that anything of it is gone is not', () => {
  const one = object({});
  expect([isOfJob({ type: 'ADDED', object: one }), isOfJob(modified(one, one)), isOfJob({ type: 'DELETED', object: one })]).toEqual([true, false, false]);
  expect([isOfOwnObject({ type: 'ADDED', object: one }), isOfOwnObject(modified(one, one)), isOfOwnObject({ type: 'DELETED', object: one })]).toEqual([true, true, false]);
});
