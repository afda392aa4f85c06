// A capture in a cluster without a static key: the token that the kubelet puts into its pod is exchanged at Ceph's own token service.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { firstControlKey } from '../../src/protocol/control.js';
import { startTokenService, type TokenService } from '../integration/storage/token-service.js';
import { pcaps, readableBucket, removeAll } from './support/bucket.js';
import { applyCapture, captureThat, condition, inPhase, JOBS_NAMESPACE, podsOf, secretsOf, stop, waitComplete, type Capture } from './support/captures.js';
import { cleanUp, destinationObject, SYSTEM_NAMESPACE } from './support/destination.js';
import { apply, get, kubectl } from './support/kubectl.js';
import { account, numbers } from './support/packets.js';
import { freshNamespace, NODES, pod, RECEIVER, runningPodIP, runToEnd, sendNumbers } from './support/workload.js';

const NAME = 'e2e-workload-identity';
const ACCOUNT = 'e2e-uploader';
const AUDIENCE = 'sts.e2e.test';

let folder: string;
let sts: TokenService;
let bucket: string;

/** Whoever signs the tokens of this cluster, as its own tokens say. */
async function issuer(): Promise<string> {
  const request = JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { audiences: [AUDIENCE] } });
  const { status } = JSON.parse(await kubectl(['create', '--raw', `/api/v1/namespaces/${JOBS_NAMESPACE}/serviceaccounts/${ACCOUNT}/token`, '-f', '-'], request)) as { status: { token: string } };
  return (JSON.parse(Buffer.from(status.token.split('.')[1] ?? '', 'base64url').toString()) as { iss: string }).iss;
}

beforeAll(async () => {
  const signingKeyFile = process.env['SANDBOX_SERVICE_ACCOUNT_KEY'];
  if (!signingKeyFile) throw new Error(`SANDBOX_SERVICE_ACCOUNT_KEY is not set: Ceph needs the cluster's signing key as a certificate; run 'eval "$(hack/sandbox/sandbox env)"' first`);
  folder = await mkdtemp(join(tmpdir(), `${NAME}-`));
  bucket = await readableBucket();
  await Promise.all([freshNamespace(NAME), removeAll(`${NAME}/`, bucket), apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: ACCOUNT, namespace: JOBS_NAMESPACE } })]);
  await apply(pod(NAME, 'web', RECEIVER, { node: NODES[0] }));
  sts = await startTokenService({ issuer: await issuer(), signingKeyFile, issuerAddress: '127.77.0.2', audience: AUDIENCE, folder });
  const roleARN = await sts.role(NAME, `system:serviceaccount:${JOBS_NAMESPACE}:${ACCOUNT}`, `${NAME}/`, bucket);
  await apply(
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: NAME, namespace: SYSTEM_NAMESPACE }, data: { 'ca.crt': sts.authority } },
    destinationObject(NAME, 'none', {
      endpoint: sts.endpoint,
      bucket,
      tls: { caRef: { name: NAME } },
      auth: { type: 'WorkloadIdentity', workloadIdentity: { serviceAccountName: ACCOUNT, roleARN, stsEndpoint: sts.endpoint, audience: AUDIENCE } },
    }),
  );
}, 120_000);

afterAll(async () => {
  await cleanUp(NAME, NAME);
  await removeAll(`${NAME}/`, bucket);
  await kubectl(['delete', 'configmap', NAME, '-n', SYSTEM_NAMESPACE, '--ignore-not-found']);
  await kubectl(['delete', 'serviceaccount', ACCOUNT, '-n', JOBS_NAMESPACE, '--ignore-not-found']);
  await sts?.stop();
  await rm(folder, { recursive: true });
}, 180_000);

test('a capture delivers with keys that its own token was exchanged for, and no key is stored anywhere', async () => {
  await kubectl(['wait', '--for=condition=Ready', `clustercapturedestinations.packetcapture.dev/${NAME}`, '--timeout=60s']);
  const destination = await get<Capture>('clustercapturedestinations.packetcapture.dev', undefined, NAME);
  expect(condition(destination, 'Ready')).toMatchObject({ status: 'True', reason: 'NotProbed' });

  await applyCapture(NAME, 'keyless', { target: { podName: 'web' }, filter: 'udp port 9000', duration: '10m', storage: { destinationRef: { name: NAME } } });
  const capturing = await inPhase(NAME, 'keyless', 'Capturing');
  const [secret] = (await secretsOf(capturing)) as { data?: object }[];
  const [agent] = await podsOf(capturing);
  expect(Object.keys(secret?.data ?? {}).sort()).toEqual(['ca.crt', firstControlKey(agent?.metadata.uid ?? '')]);
  const { spec } = (await get<{ spec: { serviceAccountName: string; volumes: { name: string; projected?: object }[] } }>('pod', JOBS_NAMESPACE, agent?.metadata.name ?? '')) ?? {};
  expect(spec?.serviceAccountName).toBe(ACCOUNT);
  expect(spec?.volumes.filter(({ projected }) => projected).map(({ name }) => name)).toEqual(['identity']);

  await runToEnd(NAME, 'udp-to-web', sendNumbers(await runningPodIP(NAME, 'web'), 9000, 500, 500), NODES[1]);
  await stop(NAME, 'keyless');
  await waitComplete(NAME, 'keyless');
  const { status } = await captureThat(NAME, 'keyless', 'all is told', (c) => c.status?.run?.destination?.prefix !== undefined);
  const prefix = status?.run?.destination?.prefix ?? 'none';
  expect((await pcaps(prefix, bucket)).length).toBeGreaterThan(0);
  expect(account(await numbers(prefix, 9000, bucket), 500)).toEqual({ missing: [], doubled: [] });
  expect(JSON.stringify(status)).not.toMatch(/eyJ|arn:aws|e2e-uploader/);
  expect(await kubectl(['logs', '-n', JOBS_NAMESPACE, agent?.metadata.name ?? ''])).not.toMatch(/eyJ[\w-]{20}/);
}, 120_000);
