// A bucket that keeps every version, and lets nobody remove one for a day (object lock): what is written there, under exactly the policy of docs/destinations.md.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { Client } from 'minio';
import { bytesBody } from '../../../src/storage/body.js';
import type { Credentials } from '../../../src/storage/credentials.js';
import { PART_BYTES } from '../../../src/storage/etag.js';
import { probe, probeKey } from '../../../src/storage/probe.js';
import { putAgain, putOnce } from '../../../src/storage/verified-put.js';
import { documentedPolicy, makeUser, owner, removeUser } from './rgw.js';
import { never, sandboxStore } from './sandbox-bucket.js';

jest.setTimeout(30_000);

const id = randomBytes(6).toString('hex');
const bucket = `locked-${id}`;
const user = `packetcapture-locked-${id}`;
const PREFIX = 'clusters/prod/';
let admin: Client;
let credentials: Credentials;

beforeAll(async () => {
  admin = owner();
  credentials = await makeUser(user);
  await admin.makeBucket(bucket, '', { ObjectLocking: true });
  // eslint-disable-next-line @typescript-eslint/await-thenable -- its types say void first; it is a promise
  await admin.setObjectLockConfig(bucket, { mode: 'GOVERNANCE', unit: 'Days', validity: 1 });
  await admin.setBucketPolicy(bucket, JSON.stringify(await documentedPolicy(bucket, user)));
}, 60_000);

afterAll(async () => {
  for (const { name, versionId } of await versions('')) await admin.removeObject(bucket, name, { versionId, governanceBypass: true });
  await admin.removeBucket(bucket);
  await removeUser(user);
}, 60_000);

interface Version {
  name: string;
  versionId: string;
  isDeleteMarker?: boolean;
}

async function versions(prefix: string): Promise<Version[]> {
  const found: Version[] = [];
  for await (const version of admin.listObjects(bucket, prefix, true, { IncludeVersion: true }) as AsyncIterable<Version>) found.push(version);
  return found;
}
const store = () => sandboxStore({ bucket, credentials: () => Promise.resolve(credentials) });

test('a probe works, and leaves a version and a mark that it is gone', async () => {
  await expect(probe(store(), probeKey(PREFIX), Date.now)).resolves.toBeUndefined();
  const left = await versions(`${PREFIX}.packetcapture-probe-`);
  expect(left.map(({ isDeleteMarker }) => isDeleteMarker === true).sort()).toEqual([false, true]);
});

test.each([1000, PART_BYTES + 1])('a file of %p bytes is written once and verified, and its version cannot be removed', async (size) => {
  const key = `${PREFIX}file-${size}`;
  await expect(putOnce(store(), key, bytesBody(randomBytes(size)), 'x/y', never())).resolves.toMatchObject({ size, written: true });
  const [version, ...more] = await versions(key);
  expect(more).toEqual([]);
  await expect(admin.removeObject(bucket, key, { versionId: version?.versionId ?? '' })).rejects.toThrow();
});

test('a manifest that is written again is a version more', async () => {
  const key = `${PREFIX}manifest.json`;
  for (const text of ['{"n":1}', '{"n":2}', '{"n":3}']) await putAgain(store(), key, bytesBody(Buffer.from(text)), 'application/json', never());
  expect(await versions(key)).toHaveLength(3);
});
