import { expect, test } from '@jest/globals';
import { LIVE_ANNOTATION, SNAPSHOT_ANNOTATION, STOP_ANNOTATION } from '../../../src/api/group.js';
import { withoutForeignMetadata } from '../../../src/operator/caches.js';

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
