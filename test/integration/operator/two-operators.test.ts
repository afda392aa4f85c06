// Two whole operators that both act by mistake on one API server, and an API server that goes away: captured once, and one truth in the end.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { createKube } from '../../../src/kube/client.js';
import type { Kube } from '../../../src/kube/kube.js';
import type { KubeObject, NewObject } from '../../../src/kube/object.js';
import { CONFIG_MAPS, JOBS, PODS, SECRETS } from '../../../src/kube/resources.js';
import { CLUSTER_CAPTURE_DESTINATIONS, PACKET_CAPTURES } from '../../../src/operator/kinds.js';
import { parseRecord, type RunRecord } from '../../../src/plan/record.js';
import { emptyLedger } from '../../../src/protocol/ledger.js';
import { REPORT_TAG } from '../../../src/protocol/report.js';
import { startApiServer, type ApiServer } from '../api-server.js';
import { eventually } from '../eventually.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const JOBS_NAMESPACE = 'packetcapture-jobs';
const SYSTEM_NAMESPACE = 'packetcapture-system';
const NAMES = ['one', 'two', 'three', 'four'];
let apiServer: ApiServer;
let admin: Kube;
const operators: { child: ChildProcess; log: () => string }[] = [];

function bundle(): string {
  const folder = join(ROOT, 'node_modules/.cache/operator-under-test');
  mkdirSync(folder, { recursive: true });
  const outfile = join(folder, 'operator.mjs');
  const banner = "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);";
  execFileSync(join(ROOT, 'node_modules/.bin/esbuild'), [join(ROOT, 'test/integration/operator/operator-process.ts'), '--bundle', '--platform=node', '--target=node20', '--format=esm', `--banner:js=${banner}`, `--outfile=${outfile}`, '--log-level=error']);
  return outfile;
}

function startOperator(program: string, kubeconfig: string): void {
  const child = spawn(process.execPath, [program, '--agent-image=packetcapture:1', '--leader-elect=false', '--health-port=0', '--finished-job-ttl=100ms', '--probe-interval=1h', '--log-level=debug'], { env: { ...process.env, KUBECONFIG: kubeconfig, POD_NAMESPACE: SYSTEM_NAMESPACE }, stdio: ['ignore', 'ignore', 'pipe'] });
  let text = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  operators.push({ child, log: () => text });
}

const said = (words: string) => eventually(`both operators say "${words}"`, () => {
  const dead = operators.find(({ child }) => child.exitCode !== null);
  if (dead) throw new Error(`an operator ended: ${dead.log().slice(-2000)}`);
  return operators.every(({ log }) => log().includes(words));
}, { timeoutMs: 60_000, everyMs: 100 });

beforeAll(async () => {
  apiServer = await startApiServer({ flags: ['--allow-privileged=true'] });
  await apiServer.apply('config/default');
  await apiServer.kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s']);
  admin = createKube(apiServer.kubeConfig, { userAgent: 'test/1' });
  await apiServer.kubectl(['create', 'clusterrolebinding', 'operator', '--clusterrole=packetcapture-operator', '--user=operator']);
  for (const namespace of [JOBS_NAMESPACE, SYSTEM_NAMESPACE]) await apiServer.kubectl(['create', 'rolebinding', 'operator', '--role=packetcapture-operator', '--user=operator', '-n', namespace]);
  await apiServer.kubectl(['create', 'namespace', 'shop']);
  const { SANDBOX_S3_ENDPOINT: endpoint, SANDBOX_S3_BUCKET: bucket, SANDBOX_S3_ACCESS_KEY_ID: key = '', SANDBOX_S3_SECRET_ACCESS_KEY: secret = '' } = process.env;
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  await admin.create(SECRETS, SYSTEM_NAMESPACE, { metadata: { name: 's3' }, data: { accessKeyId: base64(key), secretAccessKey: base64(secret) } });
  await eventually('destinations are served', () =>
    admin.create(CLUSTER_CAPTURE_DESTINATIONS, undefined, { apiVersion: 'packetcapture.dev/v1alpha1', kind: 'ClusterCaptureDestination', metadata: { name: 'team' }, spec: { s3: { endpoint, bucket, prefix: 'two-operators/', auth: { secretRef: { name: 's3' } } } } }));
  await aPod('shop', 'web-0', {}, { phase: 'Running', podIP: '10.0.0.7', podIPs: [{ ip: '10.0.0.7' }] });
  const program = bundle();
  const { kubeconfigPath } = await apiServer.addUser('operator');
  for (let n = 0; n < 2; n += 1) startOperator(program, kubeconfigPath);
  await said('operator runs');
}, 120_000);
afterAll(async () => {
  for (const { child } of operators) child.kill('SIGKILL');
  await apiServer.stop();
}, 30_000);

async function aPod(namespace: string, name: string, labels: object, status: object): Promise<KubeObject> {
  const pod = await admin.create(PODS, namespace, { metadata: { name, labels } as NewObject['metadata'], spec: { nodeName: 'node-a', containers: [{ name: 'agent', image: 'x' }] } });
  await admin.patch(PODS, namespace, name, { status }, { type: 'merge', subresource: 'status' });
  return pod;
}

const list = async (...where: Parameters<Kube['list']>): Promise<KubeObject[]> => (await admin.list(...where)).items;
const records = async (): Promise<RunRecord[]> =>
  (await list(CONFIG_MAPS, JOBS_NAMESPACE, { labelSelector: 'app.kubernetes.io/component=run-record' })).flatMap((configMap) => parseRecord(configMap).record ?? []);
const captures = async () => (await list(PACKET_CAPTURES, 'shop')) as (KubeObject & { status?: { phase?: string; run?: { id: string }; previousRuns?: unknown[] } })[];
const phases = async (): Promise<string[]> => (await captures()).map(({ status }) => status?.phase ?? '');
const report = (run: string, podUID: string): string => {
  const time = new Date().toISOString();
  return JSON.stringify({ report: REPORT_TAG, version: 1, runID: run, node: 'node-a', podUID, attempt: 1, number: 5, time, spool: 's', phase: 'Done', ledger: emptyLedger(), gaps: { count: 0, seconds: 0 }, captureStartTime: time, stopTime: time, stopReason: 'Duration', done: true });
};

test('two operators begin each run once: one record, one Job, one Secret, and control names one pod', async () => {
  for (const name of NAMES) await admin.create(PACKET_CAPTURES, 'shop', { apiVersion: 'packetcapture.dev/v1alpha1', kind: 'PacketCapture', metadata: { name }, spec: { target: { podName: 'web-0' }, storage: { destinationRef: { name: 'team' } } } });
  await eventually('all captures start', async () => (await phases()).every((phase) => phase === 'Starting'), { timeoutMs: 60_000, everyMs: 200 });
  const jobs = await list(JOBS, JOBS_NAMESPACE);
  expect(jobs).toHaveLength(NAMES.length);
  expect(await list(SECRETS, JOBS_NAMESPACE, { labelSelector: 'app.kubernetes.io/component=credentials' })).toHaveLength(NAMES.length);
  expect((await records()).map(({ run }) => run.number)).toEqual(NAMES.map(() => 1));
  // Two pods of each Job, as after a deletion: the Job controller runs one beside the other.
  for (const [n, job] of jobs.entries()) {
    const { labels } = (job as unknown as { spec: { template: { metadata: { labels: object } } } }).spec.template.metadata;
    for (const which of ['a', 'b']) await aPod(JOBS_NAMESPACE, `agent-${n}-${which}`, { ...labels, 'job-name': job.metadata.name }, { phase: 'Running' });
  }
  const addressed = await eventually('one pod of each is addressed', async () => {
    const named = (await list(PODS, JOBS_NAMESPACE)).filter(({ metadata }) => metadata.annotations?.['packetcapture.dev/control'] !== undefined);
    return named.length >= NAMES.length && named;
  }, { timeoutMs: 30_000, everyMs: 200 });
  expect(new Set(addressed.map(({ metadata }) => metadata.labels?.['job-name'])).size).toBe(addressed.length);
}, 120_000);

test('an API server that goes away for a while changes nothing: the runs end once, are collected, and both operators rest', async () => {
  const before = new Map((await records()).map(({ capture, run }) => [capture.name, run.id]));
  await apiServer.halt();
  await said('reconcile failed');
  await apiServer.resume();
  for (const { run } of await records()) {
    const { podName = '', podUID = '' } = run.nodes[0]?.addressed ?? {};
    const containerStatuses = [{ name: 'agent', image: 'x', imageID: 'x', ready: false, restartCount: 0, state: { terminated: { exitCode: 0, message: report(run.id, podUID) } } }];
    await admin.patch(PODS, JOBS_NAMESPACE, podName, { status: { phase: 'Succeeded', containerStatuses } }, { type: 'merge', subresource: 'status' });
  }
  await eventually('all are complete', async () => (await phases()).every((phase) => phase === 'Complete'), { timeoutMs: 60_000, everyMs: 200 });
  await eventually('all are collected', async () => (await list(JOBS, JOBS_NAMESPACE)).length === 0 && (await records()).every(({ run }) => run.collected), { timeoutMs: 60_000, everyMs: 200 });
  expect(new Map((await records()).map(({ capture, run }) => [capture.name, run.id]))).toEqual(before);
  expect(new Map((await captures()).map(({ metadata, status }) => [metadata.name, status?.run?.id]))).toEqual(before);
  expect((await captures()).flatMap(({ status }) => status?.previousRuns ?? [])).toEqual([]);
  expect((await captures()).map(({ metadata }) => metadata.finalizers ?? [])).toEqual(NAMES.map(() => []));
}, 180_000);

test('finished stays finished for both: a status that is edited away is written again, and nothing begins', async () => {
  const versions = async () => (await records()).map(({ run }) => run.number);
  for (const name of NAMES) await admin.patch(PACKET_CAPTURES, 'shop', name, { status: { phase: null, run: null, conditions: null } }, { type: 'merge', subresource: 'status' });
  await eventually('all say Complete again', async () => (await captures()).every(({ status }) => status?.phase === 'Complete' && status.run !== undefined), { timeoutMs: 60_000, everyMs: 200 });
  expect(await versions()).toEqual(NAMES.map(() => 1));
  expect(await list(JOBS, JOBS_NAMESPACE)).toEqual([]);
}, 120_000);
