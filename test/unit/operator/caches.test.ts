import { expect, test } from '@jest/globals';
import { LIVE_ANNOTATION, SNAPSHOT_ANNOTATION, STOP_ANNOTATION } from '../../../src/api/group.js';
import { CONTROL_ANNOTATION } from '../../../src/protocol/control.js';
import { jobEssence, podEssence, withoutForeignMetadata } from '../../../src/operator/caches.js';

const captureWith = (annotations: Record<string, string>) => ({ metadata: { name: 'c', namespace: 'shop', uid: 'u', resourceVersion: '1', labels: { app: 'web' }, annotations } });

test('of a capture the cache keeps each request by annotation, and nothing else that people write there', () => {
  const requests = { [STOP_ANNOTATION]: 'run', [SNAPSHOT_ANNOTATION]: 'token', [LIVE_ANNOTATION]: 'ab'.repeat(32) };
  const { metadata } = withoutForeignMetadata(captureWith({ ...requests, 'kubectl.kubernetes.io/last-applied-configuration': '{}' }));
  expect(metadata.annotations).toEqual(requests);
  expect(metadata).not.toHaveProperty('labels');
});

test('of a request no more is kept than shows that it is none', () => {
  const { metadata } = withoutForeignMetadata(captureWith({ [LIVE_ANNOTATION]: 'a'.repeat(100_000) }));
  expect(metadata.annotations?.[LIVE_ANNOTATION]).toHaveLength(129);
});

test('of a capture pod and its Job is kept how they are, and the control that the pod carries, not what they were made of', () => {
  const metadata = { name: 'agent', namespace: 'packetcapture-jobs', uid: 'u', resourceVersion: '1', labels: { 'job-name': 'agent' }, annotations: { [CONTROL_ANNOTATION]: '{}', other: 'x' } };
  const template = { containers: [{ name: 'agent', env: [{ name: 'X', value: 'x'.repeat(5000) }] }] };
  const status = { phase: 'Running', containerStatuses: [{ name: 'agent', state: { running: {} }, restartCount: 1 }] };
  const pod = podEssence({ metadata, spec: { nodeName: 'node-a', ...template }, status });
  expect(pod).toEqual({ metadata: { ...metadata, annotations: { [CONTROL_ANNOTATION]: '{}' } }, spec: { nodeName: 'node-a' }, status });
  const job = jobEssence({ metadata, spec: { parallelism: 0, template: { spec: template } }, status: { succeeded: 1 } } as never);
  expect(job).toEqual({ metadata: { name: 'agent', namespace: 'packetcapture-jobs', uid: 'u', resourceVersion: '1', labels: { 'job-name': 'agent' } }, spec: { parallelism: 0 }, status: { succeeded: 1 } });
});
