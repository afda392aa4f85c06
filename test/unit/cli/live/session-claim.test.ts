import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { LIVE_ANNOTATION } from '../../../../src/api/group.js';
import type { CaptureObject } from '../../../../src/cli/capture.js';
import { claimSession, newToken, releaseSession } from '../../../../src/cli/live/session-claim.js';
import { KubeError } from '../../../../src/kube/errors.js';
import type { Kube } from '../../../../src/kube/kube.js';
import { isLiveToken, isTokenHash } from '../../../../src/protocol/live.js';

const captureWith = (annotations: Record<string, string>, resourceVersion = '1'): CaptureObject => ({ metadata: { name: 'c', namespace: 'shop', uid: 'u', resourceVersion, annotations } });

/** An API server that refuses the first writes as stale. */
function server(conflicts: number, now: CaptureObject) {
  const patches: object[] = [];
  const kube = {
    get: () => Promise.resolve(now),
    patch(_resource: unknown, _namespace: unknown, _name: unknown, patch: object) {
      patches.push(patch);
      return patches.length <= conflicts ? Promise.reject(new KubeError({ status: 409, reason: 'Conflict', message: 'stale' })) : Promise.resolve(now);
    },
  } as unknown as Kube;
  return { kube, patches };
}

test('a token is 32 random bytes, fit for the listener, and only its hash is written', async () => {
  const token = newToken();
  expect(Buffer.from(token.secret, 'base64url')).toHaveLength(32);
  expect(isLiveToken(token.secret) && isTokenHash(token.sha256)).toBe(true);
  expect(token.sha256).toBe(createHash('sha256').update(token.secret).digest('hex'));
  expect(newToken().secret).not.toBe(token.secret);
  const { kube, patches } = server(0, captureWith({}));
  await claimSession(kube, captureWith({}), token, false);
  await releaseSession(kube, captureWith({}), token);
  expect(JSON.stringify(patches)).toContain(token.sha256);
  expect(JSON.stringify(patches)).not.toContain(token.secret);
});

test('a session of somebody else is left alone unless it is to be taken over', async () => {
  const { kube, patches } = server(0, captureWith({}));
  const taken = captureWith({ [LIVE_ANNOTATION]: 'ab'.repeat(32) });
  await expect(claimSession(kube, taken, newToken(), false)).rejects.toThrow('--takeover');
  expect(patches).toEqual([]);
  await claimSession(kube, taken, newToken(), true);
  expect(patches).toHaveLength(1);
});

test('a capture whose status changes meanwhile is claimed all the same; one that somebody claimed meanwhile is not', async () => {
  const { kube, patches } = server(2, captureWith({}, '2'));
  await claimSession(kube, captureWith({}), newToken(), false);
  expect(patches.map((patch) => (patch as { metadata: { resourceVersion: string } }).metadata.resourceVersion)).toEqual(['1', '2', '2']);
  const other = server(1, captureWith({ [LIVE_ANNOTATION]: 'cd'.repeat(32) }, '2'));
  await expect(claimSession(other.kube, captureWith({}), newToken(), false)).rejects.toThrow('already has a live session');
});

test('only its own session is given back: the write itself tests it', async () => {
  const token = newToken();
  const { kube, patches } = server(0, captureWith({}));
  await releaseSession(kube, captureWith({}), token);
  const path = '/metadata/annotations/packetcapture.dev~1live';
  expect(patches).toEqual([[{ op: 'test', path, value: token.sha256 }, { op: 'remove', path }]]);
});
