import { createHash, randomBytes } from 'node:crypto';
import { open, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { MIB } from '../../../src/storage/etag.js';
import { runChild } from './child.js';
import { bucket, never, ownPrefix, removeAll, sandboxStore } from './sandbox-bucket.js';
import { startTLSFront } from './tls-front.js';

const prefix = ownPrefix();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'memory-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await removeAll(prefix);
});

async function fileOf(name: string, mib: number): Promise<{ path: string; sha256: string }> {
  const path = join(folder, name);
  const hash = createHash('sha256');
  const file = await open(path, 'w');
  for (let i = 0; i < mib; i++) {
    const block = randomBytes(MIB);
    hash.update(block);
    await file.write(block);
  }
  await file.close();
  return { path, sha256: hash.digest('hex') };
}

test('memory stays under 64 MiB more, whatever the files’ size: 200 MiB and 60 MiB at a time', async () => {
  const files = [await fileOf('large', 200), await fileOf('other', 60)];
  const result = await runChild<{ growthMiB: number; delivered: unknown[] }>('upload-process', { FILES: files.map(({ path }) => path).join(), PREFIX: prefix });
  expect(result.delivered).toMatchObject(files.map(({ sha256 }) => ({ sha256 })));
  expect(result.growthMiB).toBeLessThan(64);
}, 120_000);

test.each([
  ['an hour fast', 3_600_000],
  ['an hour slow', -3_600_000],
])('a clock %s is ClockSkew, with by how much and the fix', async (_, shiftMs) => {
  const errors = await runChild<{ reason: string; message: string }[]>('clock-process', { SHIFT_MS: String(shiftMs) });
  expect(errors.map(({ reason }) => reason)).toEqual(['ClockSkew', 'ClockSkew', 'ClockSkew']);
  expect(errors[0]?.message).toContain("the clocks differ by 60 minutes: set this node's clock, or the store's");
}, 30_000);

test('over TLS, uploads go to a store whose authority is known, and to no other', async () => {
  const front = await startTLSFront(bucket.endpoint, folder);
  try {
    const files = [await fileOf('one', 20), await fileOf('two', 1)];
    const env = { FILES: files.map(({ path }) => path).join(), PREFIX: `${prefix}tls/`, SANDBOX_S3_ENDPOINT: front.endpoint, NODE_EXTRA_CA_CERTS: front.certificate };
    await expect(runChild('upload-process', env)).resolves.toMatchObject({ delivered: files.map(({ sha256 }) => ({ sha256, verifiedBy: 'ETag' })) });
    await expect(sandboxStore({ endpoint: front.endpoint }).head('k', never())).rejects.toMatchObject({ reason: 'TLSFailed', code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  } finally {
    await front.close();
  }
}, 60_000);
