import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { bytesBody } from '../../../src/storage/body.js';
import { PART_BYTES } from '../../../src/storage/etag.js';
import { presignedGets } from '../../../src/storage/presign.js';
import { probe, probeKey } from '../../../src/storage/probe.js';
import { encryptionHeaders, type S3Encryption } from '../../../src/storage/s3/encryption.js';
import { putAgain, putOnce } from '../../../src/storage/verified-put.js';
import { owner, startGateway, type Gateway } from './rgw.js';
import { bucket, never, ownPrefix, removeAll, sandboxStore } from './sandbox-bucket.js';

jest.setTimeout(30_000);

const KMS = { type: 'SSEKMS', kmsKeyID: 'testkey-1' };
const prefix = ownPrefix();
let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway(['--rgw-crypt-s3-kms-backend=testing', `--rgw-crypt-s3-kms-encryption-keys=testkey-1=${randomBytes(32).toString('base64')}`, '--rgw-crypt-require-ssl=false']);
}, 90_000);
afterAll(async () => {
  await removeAll(prefix);
  await gateway.stop();
}, 30_000);

const store = (encryption: S3Encryption) => sandboxStore({ endpoint: gateway.endpoint, encryption });
const tryOut = (encryption: S3Encryption) => probe(store(encryption), probeKey(prefix), Date.now, undefined, { encryption: encryptionHeaders(encryption)['x-amz-server-side-encryption'] });
const seenByOwner = async (key: string) => (await owner(gateway.endpoint).statObject(bucket.name, key)).metaData as Record<string, string>;
const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex');

describe('SSE-KMS', () => {
  test('a probe is encrypted, and the destination usable', async () => {
    await expect(tryOut(KMS)).resolves.toBeUndefined();
  });

  test.each([
    ['in one request', 1000],
    ['in parts', PART_BYTES + 1],
  ])('what is written %s is encrypted with the key, and verified by its content', async (_how, size) => {
    const key = `${prefix}${size}`;
    const content = randomBytes(size);
    await expect(putOnce(store(KMS), key, bytesBody(content), 'x/y', never())).resolves.toMatchObject({ size, sha256: sha256(content), verifiedBy: 'Content', written: true });
    expect(await seenByOwner(key)).toMatchObject({ 'x-amz-server-side-encryption': 'aws:kms', 'x-amz-server-side-encryption-aws-kms-key-id': 'testkey-1', 'content-type': 'x/y' });
    const [url = ''] = await presignedGets({ endpoint: gateway.endpoint, region: bucket.region, bucket: bucket.name, addressing: 'Path' }, bucket.credentials, [key], { seconds: 60, nowMs: Date.now() });
    expect(sha256(Buffer.from(await (await fetch(url)).arrayBuffer()))).toBe(sha256(content));
    // The gateway that has no key can't give it away.
    await expect(sandboxStore().sha256(key, never()).catch(() => 'refused')).resolves.not.toBe(sha256(content));
    await expect(putOnce(store(KMS), key, bytesBody(content), 'x/y', never())).resolves.toMatchObject({ verifiedBy: 'Content', written: false });
    await expect(putOnce(store(KMS), key, bytesBody(randomBytes(size)), 'x/y', never())).rejects.toMatchObject({ reason: 'VerificationFailed' });
  });

  test('a manifest that is written again is encrypted too', async () => {
    const key = `${prefix}manifest`;
    for (const content of ['one', 'two']) await expect(putAgain(store(KMS), key, bytesBody(Buffer.from(content)), 'application/json', never())).resolves.toMatchObject({ verifiedBy: 'Content' });
    expect(await seenByOwner(key)).toMatchObject({ 'x-amz-server-side-encryption': 'aws:kms' });
  });

  test('a key that the store does not have is found out by the probe', async () => {
    await expect(tryOut({ type: 'SSEKMS', kmsKeyID: 'no-such-key' })).resolves.toMatchObject({ message: expect.stringContaining('no-such-key') });
  });
});

test('a store that takes the wish for SSE-S3 and stores in the clear, as Ceph 16 does, is not usable', async () => {
  const error = await tryOut({ type: 'SSES3' });
  expect(error).toMatchObject({ reason: 'VerificationFailed', message: expect.stringContaining('the store says nothing of encryption') });
});
