import { describe, expect, test } from '@jest/globals';
import { KubeError } from '../../../src/kube/errors.js';
import { withoutURL } from '../../../src/operator/download-controller.js';
import { withoutURLs } from '../../../src/operator/downloads.js';

test('of a download no URL is kept, and nothing of what others wrote beside it', () => {
  const url = 'https://s3/k?X-Amz-Signature=0';
  const metadata = { name: 'd', namespace: 'shop', uid: 'u', resourceVersion: '1', generation: 2, annotations: { note: url }, labels: { a: 'b' }, managedFields: [] };
  const status = { observedGeneration: 2, expirationTime: 't', runID: 'r', total: 1, files: [{ key: 'k', url }], manifests: [{ key: 'm', url }], conditions: [{ type: 'Ready', status: 'True' }] };
  const kept = withoutURLs({ metadata, spec: { captureName: 'web' }, status });
  expect(kept).toEqual({ metadata: { name: 'd', namespace: 'shop', uid: 'u', resourceVersion: '1', generation: 2 }, spec: { captureName: 'web' }, status: { observedGeneration: 2, expirationTime: 't', conditions: [{ type: 'Ready', status: 'True' }] } });
});

describe('hostile: credential', () => {
  const SIGNED = 'X-Amz-Algorithm=AWS4-HMAC-SHA256\\u0026X-Amz-Credential=AK\\u0026X-Amz-Signature=0123456789abcdef0123456789abcdef';

  test.each([`status.files[0].url: Invalid value: "https://s3.example.com/b/k?${SIGNED}": too long`, `admission webhook denied: {"url":"http://s3/k?${SIGNED}"} is not welcome`, `no ${'s3.example.com/b/k'}?${SIGNED} here`])('a refusal of a status that says its URL back, %j → the log has no signature', (message) => {
    const error = withoutURL(new KubeError({ status: 422, reason: 'Invalid', message, details: { causes: [{ message }] }, cause: new Error(message) }));
    expect(JSON.stringify([error, error.message, error.cause, error.stack])).not.toMatch(/X-Amz|0123456789abcdef/);
    expect(error).toMatchObject({ status: 422, reason: 'Invalid' });
  });
});
