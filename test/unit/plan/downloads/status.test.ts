import { expect, test } from '@jest/globals';
import { answered, notAnswered, type Answer } from '../../../../src/plan/downloads/status.js';
import type { DownloadObject } from '../../../../src/plan/downloads/turn.js';
import { waiting } from '../../../../src/plan/waiting.js';
import { at, NOW } from '../builders.js';

const download: DownloadObject = { metadata: { name: 'd', namespace: 'shop', uid: 'u', generation: 3 }, spec: {} };
const url = (n: number, length = 100): string => `https://s3/${n}?X-Amz-Signature=${'0'.repeat(length)}`;
const answer = (rest: Partial<Answer> = {}): Answer => ({ runID: 'r', total: 2, offset: 0, files: [0, 1].map((n) => ({ key: `k${n}`, url: url(n), size: 1, sha256: 'x' })), manifests: [{ key: 'm', url: url(9) }], refusedKeys: 0, expirationMs: NOW + 900_000, ...rest });

test('the status has the page, until when it works, and no word of a URL in its condition', () => {
  const status = answered(download, answer(), NOW);
  expect(status).toMatchObject({ observedGeneration: 3, runID: 'r', expirationTime: '2026-11-20T03:20:12Z', total: 2, files: [{ key: 'k0', url: url(0) }, { key: 'k1' }], manifests: [{ key: 'm' }] });
  expect(status.conditions).toEqual([{ type: 'Ready', status: 'True', reason: 'Signed', message: 'URLs of all 2 files, until 2026-11-20T03:20:12Z', observedGeneration: 3, lastTransitionTime: '2026-11-20T03:05:12Z' }]);
});

test('keys that were left out are told', () => {
  expect(answered(download, answer({ refusedKeys: 3 }), NOW).conditions).toMatchObject([{ status: 'True', reason: 'EntriesRefused', message: expect.stringContaining('3 keys') }]);
});

test('where URLs are very long the page is shorter, so that an API server takes it', () => {
  const files = Array.from({ length: 200 }, (_, n) => ({ key: `k${n}`, url: url(n, 16_000) }));
  const manifests = Array.from({ length: 100 }, (_, n) => ({ key: `m${n}`, url: url(n, 16_000) }));
  const status = answered(download, answer({ files, manifests, total: 200 }), NOW);
  expect(JSON.stringify(status).length).toBeLessThan(1_000_000);
  expect(status.files?.length).toBeGreaterThan(10);
  expect(status.files?.map(({ key }) => key)).toEqual(files.slice(0, status.files?.length).map(({ key }) => key));
  expect(status.conditions?.[0]?.message).toContain(`${status.files?.length} of 200 files, from offset 0 on`);
});

test('a refusal takes every URL of an earlier answer away, and is written once', () => {
  const status = notAnswered(download, waiting('CaptureNotFound', 'no such'), NOW);
  expect(status).toMatchObject({ runID: null, expirationTime: null, total: null, files: null, manifests: null, conditions: [{ status: 'False', reason: 'CaptureNotFound', message: 'no such' }] });
  const written = { ...download, status: { observedGeneration: 3, conditions: status?.conditions ?? [] } };
  expect(notAnswered(written, waiting('CaptureNotFound', 'no such'), NOW + 30_000)).toBeUndefined();
  expect(notAnswered(written, waiting('NoRunYet', 'not yet'), NOW + 30_000)?.conditions).toMatchObject([{ reason: 'NoRunYet', lastTransitionTime: at(0).replace('.000', '') }]);
});
