// A destination without static keys, on Ceph's own token service and for tokens of a real API server: what the operator says of it, and what the keys of an agent may do.
import { execFileSync } from 'node:child_process';
import { createSign } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { s3Schema, type CaptureDestinationStatus } from '../../../src/api/destination.js';
import { createKube } from '../../../src/kube/client.js';
import type { Kube } from '../../../src/kube/kube.js';
import type { KubeObject } from '../../../src/kube/object.js';
import { CONFIG_MAPS, SERVICE_ACCOUNTS } from '../../../src/kube/resources.js';
import { CLUSTER_CAPTURE_DESTINATIONS } from '../../../src/api/kinds.js';
import { keysFor } from '../../../src/operator/download-keys.js';
import { bytesBody } from '../../../src/storage/body.js';
import type { ObjectStore } from '../../../src/storage/object-store.js';
import { presignedGets } from '../../../src/storage/presign.js';
import { createS3Store } from '../../../src/storage/s3.js';
import { putOnce } from '../../../src/storage/verified-put.js';
import { credentialsFromWebIdentity, tokenFromFile } from '../../../src/storage/web-identity.js';
import { eventually } from '../eventually.js';
import { bucket, never, ownPrefix, removeAll } from '../storage/sandbox-bucket.js';
import { startTokenService, type TokenService } from '../storage/token-service.js';
import { JOBS_NAMESPACE, operatorScene, SYSTEM_NAMESPACE, type OperatorProcess, type OperatorScene } from './scene.js';

const ISSUER = 'https://issuer.workload-identity.test';
const AUDIENCE = 'sts.ceph.test';
const prefix = ownPrefix();

let folder: string;
let scene: OperatorScene;
let sts: TokenService;
let roleARN: string;
let signingKey: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'workload-identity-'));
  const [privateFile, publicFile] = [join(folder, 'issuer.key'), join(folder, 'issuer.pub')];
  execFileSync('openssl', ['genrsa', '-out', privateFile, '2048'], { stdio: 'ignore' });
  execFileSync('openssl', ['rsa', '-in', privateFile, '-pubout', '-out', publicFile], { stdio: 'ignore' });
  signingKey = await readFile(privateFile, 'utf8');
  [scene, sts] = await Promise.all([
    operatorScene(prefix, { flags: [`--service-account-issuer=${ISSUER}`, `--service-account-signing-key-file=${privateFile}`, `--service-account-key-file=${publicFile}`] }),
    startTokenService({ issuer: ISSUER, signingKeyFile: privateFile, issuerAddress: '127.77.0.1', audience: AUDIENCE, folder: join(folder, 'ceph') }),
  ]);
  for (const name of ['uploader', 'other']) await scene.admin.create(SERVICE_ACCOUNTS, JOBS_NAMESPACE, { metadata: { name } });
  roleARN = await sts.role('test-uploader', `system:serviceaccount:${JOBS_NAMESPACE}:uploader`, prefix);
  await scene.admin.create(CONFIG_MAPS, SYSTEM_NAMESPACE, { metadata: { name: 'store-ca' }, data: { 'ca.crt': sts.authority } });
}, 120_000);
afterAll(async () => {
  await sts?.stop();
  await scene?.stop();
  await removeAll(prefix);
  await rm(folder, { recursive: true });
}, 60_000);

/** As the kubelet asks for the token that it puts into a pod. */
async function tokenOf(account: string, audience = AUDIENCE): Promise<string> {
  const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', metadata: { name: account }, spec: { audiences: [audience], expirationSeconds: 600 } };
  return (await scene.admin.create<KubeObject & { status: { token: string } }>(SERVICE_ACCOUNTS, JOBS_NAMESPACE, request, { subresource: 'token' })).status.token;
}

const tokenFile = (): string => join(folder, 'token');

/** The bucket as an agent with this token has it. */
async function storeWith(token: string, { durationSeconds = 3600, monotonic }: { durationSeconds?: number; monotonic?: () => number } = {}): Promise<ObjectStore> {
  await writeFile(tokenFile(), token);
  const authorities = () => Promise.resolve(sts.authority);
  const credentials = credentialsFromWebIdentity({ stsEndpoint: sts.endpoint, region: bucket.region, roleARN, sessionName: 'pktcap-test', durationSeconds, token: tokenFromFile(tokenFile()), authorities }, monotonic && { monotonic });
  return createS3Store({ endpoint: sts.endpoint, region: bucket.region, bucket: bucket.name, addressing: 'Path', credentials, authorities });
}
const put = (store: ObjectStore, key: string, bytes = 1000) => putOnce(store, key, bytesBody(Buffer.alloc(bytes, 7)), 'x/y', never());

describe('the token of the service account', () => {
  test('is exchanged for keys that write and read back, in parts too', async () => {
    const store = await storeWith(await tokenOf('uploader'));
    await expect(put(store, `${prefix}small`)).resolves.toMatchObject({ size: 1000 });
    await expect(put(store, `${prefix}large`, 20 * 2 ** 20)).resolves.toMatchObject({ size: 20 * 2 ** 20 });
    await expect(store.get(`${prefix}small`, 1000, never())).resolves.toEqual(Buffer.alloc(1000, 7));
    await expect(put(store, `${prefix}small`)).resolves.toMatchObject({ written: false });
  }, 60_000);

  test('gives no keys beyond the prefix of its role', async () => {
    const store = await storeWith(await tokenOf('uploader'));
    await expect(put(store, 'test-storage/another-prefix/object')).rejects.toMatchObject({ reason: 'AccessDenied', httpStatus: 403 });
  });

  const forged = async (): Promise<string> => {
    const [header = '', payload = ''] = (await tokenOf('other')).split('.');
    const claims = { ...(JSON.parse(Buffer.from(payload, 'base64url').toString()) as object), sub: `system:serviceaccount:${JOBS_NAMESPACE}:uploader` };
    const text = `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
    return `${text}.${createSign('RSA-SHA256').update(text).sign(execFileSync('openssl', ['genrsa', '2048'], { stdio: ['ignore', 'pipe', 'ignore'] }).toString()).toString('base64url')}`;
  };
  const expired = async (): Promise<string> => {
    const [header = '', payload = ''] = (await tokenOf('uploader')).split('.');
    const claims = { ...(JSON.parse(Buffer.from(payload, 'base64url').toString()) as object), exp: 1_700_000_000 };
    const text = `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
    return `${text}.${createSign('RSA-SHA256').update(text).sign(signingKey).toString('base64url')}`;
  };
  test.each<[string, () => Promise<string>]>([
    ['of another service account', () => tokenOf('other')],
    ['for another audience', () => tokenOf('uploader', 'https://vault.example.com')],
    ['that somebody else signed', forged],
    ['that has expired', expired],
  ])('%s is refused, and not a part of it is said', async (_, make) => {
    const token = await make();
    const refusal = await put(await storeWith(token), `${prefix}denied`).then(() => 'it was taken', (error: Error) => error);
    expect(refusal).toMatchObject({ name: 'StorageError', reason: 'AccessDenied', message: expect.stringContaining('AssumeRoleWithWebIdentity') });
    for (const part of token.split('.')) expect(String(refusal)).not.toContain(part.slice(0, 40));
  });

  test('is no key to the API server', async () => {
    const review = await scene.apiServer.kubectl(['create', '-o', 'json', '-f', '-'], JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token: await tokenOf('uploader') } }));
    expect((JSON.parse(review) as { status: object }).status).not.toMatchObject({ authenticated: true });
  });

  test('makes new keys once the store refuses the old ones', async () => {
    // By a clock that stands still they never have.
    const store = await storeWith(await tokenOf('uploader'), { durationSeconds: 2, monotonic: () => 0 });
    await put(store, `${prefix}before`);
    const refusal = await eventually('the keys have ended', () => put(store, `${prefix}after`).then(() => undefined, (error: Error) => error), { timeoutMs: 20_000, everyMs: 500 });
    expect(refusal).toMatchObject({ reason: 'AccessDenied', httpStatus: 403 });
    await expect(put(store, `${prefix}renewed`)).resolves.toMatchObject({ written: true });
  }, 30_000);

  test('is exchanged before the keys end, so that nothing is refused', async () => {
    const store = await storeWith(await tokenOf('uploader'), { durationSeconds: 2 });
    const endMs = Date.now() + 5000;
    for (let i = 0; Date.now() < endMs; i++) await put(store, `${prefix}steady-${i}`);
  }, 30_000);
});

describe('URLs of downloads', () => {
  const s3 = () => s3Schema.parse({ endpoint: sts.endpoint, bucket: bucket.name, prefix, auth: { type: 'WorkloadIdentity', workloadIdentity: { serviceAccountName: 'uploader', roleARN, stsEndpoint: sts.endpoint, audience: AUDIENCE } } });
  const keys = (kube: Kube, expiryMs: number) => keysFor(s3(), {}, sts.authority, expiryMs, { kube, systemNamespace: SYSTEM_NAMESPACE, jobsNamespace: JOBS_NAMESPACE });

  test('are signed by keys of that identity, whose end is known and asked for by how long URLs last', async () => {
    await put(await storeWith(await tokenOf('uploader')), `${prefix}served`);
    const found = await keys(scene.admin, 1_800_000);
    if (found.obstacle) throw new Error(found.obstacle.message);
    const leftMs = (found.endMs ?? 0) - Date.now();
    expect(leftMs).toBeGreaterThan(1_500_000);
    expect(leftMs).toBeLessThanOrEqual(1_810_000);
    const [served = '', other = ''] = await presignedGets({ endpoint: sts.endpoint, region: bucket.region, bucket: bucket.name, addressing: 'Path' }, found.credentials, [`${prefix}served`, 'test-storage/another-prefix/object'], { seconds: 900, nowMs: Date.now() });
    expect(await statusAndBytes(served)).toEqual([200, 1000]);
    // Beyond the prefix of its role.
    expect(await statusAndBytes(other)).toEqual([403, expect.any(Number)]);
  }, 60_000);

  test('are not signed without the right to ask for a token, which is said', async () => {
    const operator = createKube((await scene.apiServer.addUser('operator')).kubeConfig, { userAgent: 'test/1' });
    expect(await keys(operator, 900_000)).toMatchObject({ obstacle: { reason: 'SigningRefused', message: expect.stringContaining('docs/workload-identity.md') } });
    operator.close();
  });

  const statusAndBytes = (url: string): Promise<[number | undefined, number]> =>
    new Promise((resolve, reject) => {
      get(url, { ca: sts.authority, agent: false }, (response) => {
        let bytes = 0;
        response.on('data', (chunk: Buffer) => (bytes += chunk.length)).on('end', () => resolve([response.statusCode, bytes])).on('error', reject);
      }).on('error', reject);
    });
});

describe('what the operator says', () => {
  let operator: OperatorProcess;
  beforeAll(() => {
    operator = scene.startOperator([]);
  });

  const destination = (name: string, workloadIdentity: object = {}, s3: object = {}) =>
    scene.admin.create(CLUSTER_CAPTURE_DESTINATIONS, undefined, {
      apiVersion: 'packetcapture.dev/v1alpha1',
      kind: 'ClusterCaptureDestination',
      metadata: { name },
      spec: { s3: { endpoint: sts.endpoint, bucket: bucket.name, prefix, tls: { caRef: { name: 'store-ca' } }, auth: { type: 'WorkloadIdentity', workloadIdentity: { serviceAccountName: 'uploader', roleARN, stsEndpoint: sts.endpoint, audience: AUDIENCE, ...workloadIdentity } }, ...s3 } },
    });
  const ready = (name: string) =>
    eventually(`${name} has been judged`, async () => {
      const object = await scene.admin.get<KubeObject & { status?: CaptureDestinationStatus }>(CLUSTER_CAPTURE_DESTINATIONS, undefined, name);
      return object?.status?.conditions?.find(({ type }) => type === 'Ready');
    }, { timeoutMs: 30_000 });

  test('without a right to ask for tokens: that nobody has asked the bucket, and what may be done', async () => {
    await destination('not-probed');
    await destination('half', { stsEndpoint: undefined });
    expect(await ready('not-probed')).toMatchObject({ status: 'True', reason: 'NotProbed', message: `the operator may not ask for a token of ServiceAccount "${JOBS_NAMESPACE}/uploader", so bucket "${bucket.name}" was not asked: the first capture tells; docs/workload-identity.md says how to have it probed` });
    expect(await ready('half')).toMatchObject({ status: 'False', reason: 'InvalidSpec', message: expect.stringContaining('stsEndpoint: is absent') });
  }, 60_000);

  test('with the right for that one service account: what the bucket answered to its keys', async () => {
    const role = (await readFile('docs/workload-identity.md', 'utf8')).match(/```yaml\n(apiVersion: rbac[\s\S]*?)```/)?.[1] ?? '';
    await scene.apiServer.kubectl(['apply', '-f', '-'], role.replaceAll('capture-uploader', 'uploader'));
    await scene.apiServer.kubectl(['create', 'rolebinding', 'probe', '--role=packetcapture-probe', '--user=operator', '-n', JOBS_NAMESPACE]);
    await destination('probed');
    await destination('of-other', { serviceAccountName: 'other' });
    await destination('refused', { roleARN: 'arn:aws:iam:::role/nobody' });
    expect(await ready('probed')).toMatchObject({ status: 'True', reason: 'BucketUsable' });
    expect(await ready('of-other')).toMatchObject({ status: 'True', reason: 'NotProbed' });
    expect(await ready('refused')).toMatchObject({ status: 'False', reason: 'AccessDenied', message: expect.stringContaining('AssumeRoleWithWebIdentity') });
    await scene.admin.remove(SERVICE_ACCOUNTS, JOBS_NAMESPACE, 'uploader');
    await destination('gone');
    expect(await ready('gone')).toMatchObject({ status: 'False', reason: 'ServiceAccountNotFound', message: expect.stringContaining('"uploader" not found') });
    expect(operator.log()).not.toMatch(/eyJ[\w-]{20}/);
  }, 60_000);
});
