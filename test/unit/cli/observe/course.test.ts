import { expect, test } from '@jest/globals';
import { createCourse } from '../../../../src/cli/observe/course.js';
import { capture, completeCapture } from '../captures.js';

test('says each phase once, and numbers not at all', () => {
  const course = createCourse();
  expect(course(capture({ status: { phase: 'Starting', conditions: [{ type: 'Ready', status: 'False', reason: 'Starting', message: 'the capture pod is being created' }] } }))).toEqual(['Starting: the capture pod is being created']);
  expect(course(capture())).toEqual(['Capturing: tcpdump listens to 1 of 1 targets; capturing lasts 2m in all']);
  expect(course(capture({ status: { packets: { captured: 200 } } }))).toEqual([]);
  expect(course(completeCapture())).toHaveLength(1);
});

test('says that another run has begun, and why the last one ended', () => {
  const course = createCourse();
  course(capture());
  const next = capture({ status: { run: { id: '20261120T040000Z-ffffff' }, previousRuns: [{ id: '20261120T030512Z-1a2b3c', stopReason: 'Superseded' }] } });
  expect(course(next)).toEqual(['run 20261120T030512Z-1a2b3c is over (Superseded): run 20261120T040000Z-ffffff is the one that is followed now']);
});

test('says so too where no run was shown in between', () => {
  const course = createCourse();
  course(capture());
  course(capture({ status: { phase: 'Pending', run: undefined } }));
  expect(course(capture({ status: { run: { id: '20261120T040000Z-ffffff' } } }))[0]).toBe('run 20261120T030512Z-1a2b3c is over: run 20261120T040000Z-ffffff is the one that is followed now');
});

test('says what waits for the operator, and a deletion', () => {
  const course = createCourse();
  expect(course({ ...capture(), status: { observedGeneration: -1 } })).toEqual(['the operator has not looked at it yet']);
  course(capture());
  expect(course(capture({ metadata: { generation: 2 } }))).toEqual(['its spec was edited, and the operator has not looked at that yet']);
  expect(course(capture({ metadata: { deletionTimestamp: '2026-11-20T03:06:00Z' } }))).toEqual(['it is being deleted: what was captured is delivered first']);
});
