// Where whole operators play, as processes of their own: a real API server, the rights of the operator, a bucket, a pod to capture. No kubelet and no Job controller: tests say what pods do.
import { type ChildProcess, spawn } from 'node:child_process';
import { createKube } from '../../../src/kube/client.js';
import type { Kube } from '../../../src/kube/kube.js';
import type { KubeObject, NewObject } from '../../../src/kube/object.js';
import { CONFIG_MAPS, PODS, SECRETS } from '../../../src/kube/resources.js';
import { CLUSTER_CAPTURE_DESTINATIONS, PACKET_CAPTURES } from '../../../src/api/kinds.js';
import { parseRecord, type RunRecord } from '../../../src/plan/record.js';
import { emptyLedger } from '../../../src/protocol/ledger.js';
import { REPORT_TAG } from '../../../src/protocol/report.js';
import { startApiServer, type ApiServer } from '../api-server.js';
import { bundle } from '../bundle.js';
import { eventually } from '../eventually.js';

export const JOBS_NAMESPACE = 'packetcapture-jobs';
export const SYSTEM_NAMESPACE = 'packetcapture-system';
export const NAMESPACE = 'shop';

export interface OperatorProcess {
  child: ChildProcess;
  /** What it wrote to stderr. */
  log: () => string;
  stdout: () => string;
}

export interface OperatorScene {
  apiServer: ApiServer;
  admin: Kube;
  startOperator(args: string[], env?: Record<string, string>): OperatorProcess;
  /** All that were started. */
  operators(): readonly OperatorProcess[];
  stop(): Promise<void>;
}

export interface SceneOptions {
  /** Of the API server. */
  flags?: string[];
  /** The operator, as Node is told to run it. Default: with what lets tests put it to sleep. */
  program?: string[];
}

/** `prefix`: of the probes in the bucket. */
export async function operatorScene(prefix: string, { flags = [], program = [bundle('test/integration/operator/operator-process.ts')] }: SceneOptions = {}): Promise<OperatorScene> {
  const apiServer = await startApiServer({ flags: ['--allow-privileged=true', ...flags] });
  await apiServer.apply('config/default');
  await apiServer.kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s']);
  const admin = createKube(apiServer.kubeConfig, { userAgent: 'test/1' });
  await apiServer.kubectl(['create', 'clusterrolebinding', 'operator', '--clusterrole=packetcapture-operator', '--user=operator']);
  for (const namespace of [JOBS_NAMESPACE, SYSTEM_NAMESPACE]) await apiServer.kubectl(['create', 'rolebinding', 'operator', '--role=packetcapture-operator', '--user=operator', '-n', namespace]);
  await apiServer.kubectl(['create', 'namespace', NAMESPACE]);
  const { SANDBOX_S3_ENDPOINT: endpoint, SANDBOX_S3_BUCKET: bucket, SANDBOX_S3_ACCESS_KEY_ID: key = '', SANDBOX_S3_SECRET_ACCESS_KEY: secret = '' } = process.env;
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  await admin.create(SECRETS, SYSTEM_NAMESPACE, { metadata: { name: 's3' }, data: { accessKeyId: base64(key), secretAccessKey: base64(secret) } });
  await eventually('destinations are served', () =>
    admin.create(CLUSTER_CAPTURE_DESTINATIONS, undefined, { apiVersion: 'packetcapture.dev/v1alpha1', kind: 'ClusterCaptureDestination', metadata: { name: 'team' }, spec: { s3: { endpoint, bucket, prefix, auth: { secretRef: { name: 's3' } } } } }));
  await aPod(admin, NAMESPACE, 'web-0', {}, { phase: 'Running', podIP: '10.0.0.7', podIPs: [{ ip: '10.0.0.7' }] });
  const { kubeconfigPath } = await apiServer.addUser('operator');
  const operators: OperatorProcess[] = [];
  return {
    apiServer,
    admin,
    startOperator(args, env = {}) {
      const all = ['--agent-image=packetcapture:1', '--health-port=0', '--metrics-port=0', '--finished-job-ttl=100ms', '--probe-interval=1h', '--log-level=debug', ...args];
      const child = spawn(process.execPath, [...program, ...all], { env: { ...process.env, KUBECONFIG: kubeconfigPath, POD_NAMESPACE: SYSTEM_NAMESPACE, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
      const text = { stdout: '', stderr: '' };
      for (const stream of ['stdout', 'stderr'] as const) child[stream]?.setEncoding('utf8').on('data', (chunk: string) => (text[stream] += chunk));
      const operator = { child, log: () => text.stderr, stdout: () => text.stdout };
      operators.push(operator);
      return operator;
    },
    operators: () => operators,
    async stop() {
      for (const { child } of operators) child.kill('SIGKILL');
      admin.close();
      await apiServer.stop();
    },
  };
}

export async function aPod(admin: Kube, namespace: string, name: string, labels: object, status: object): Promise<KubeObject> {
  const pod = await admin.create(PODS, namespace, { metadata: { name, labels } as NewObject['metadata'], spec: { nodeName: 'node-a', containers: [{ name: 'agent', image: 'x' }] } });
  await admin.patch(PODS, namespace, name, { status }, { type: 'merge', subresource: 'status' });
  return pod;
}

/** The pod that the Job controller would make, running. */
export async function aPodOf(admin: Kube, job: KubeObject, name: string): Promise<KubeObject> {
  const { labels } = (job as unknown as { spec: { template: { metadata: { labels: object } } } }).spec.template.metadata;
  return aPod(admin, JOBS_NAMESPACE, name, { ...labels, 'job-name': job.metadata.name }, { phase: 'Running' });
}

/** The agent in it says that it did its work, and since when it listened. */
export async function podIsDone(admin: Kube, name: string, runID: string, podUID: string, captureStartTime = new Date().toISOString()): Promise<void> {
  const time = new Date().toISOString();
  const message = JSON.stringify({ report: REPORT_TAG, version: 1, runID, node: 'node-a', podUID, attempt: 1, number: 5, time, spool: 's', phase: 'Done', ledger: emptyLedger(), gaps: { count: 0, seconds: 0 }, captureStartTime, stopTime: time, stopReason: 'Duration', done: true });
  const containerStatuses = [{ name: 'agent', image: 'x', imageID: 'x', ready: false, restartCount: 0, state: { terminated: { exitCode: 0, message } } }];
  await admin.patch(PODS, JOBS_NAMESPACE, name, { status: { phase: 'Succeeded', containerStatuses } }, { type: 'merge', subresource: 'status' });
}

export const aCapture = (admin: Kube, name: string, spec: object = {}, namespace = NAMESPACE): Promise<KubeObject> =>
  admin.create(PACKET_CAPTURES, namespace, { apiVersion: 'packetcapture.dev/v1alpha1', kind: 'PacketCapture', metadata: { name }, spec: { target: { podName: 'web-0' }, storage: { destinationRef: { name: 'team' } }, ...spec } });

export const list = async (admin: Kube, ...where: Parameters<Kube['list']>): Promise<KubeObject[]> => (await admin.list(...where)).items;

export const records = async (admin: Kube): Promise<RunRecord[]> =>
  (await list(admin, CONFIG_MAPS, JOBS_NAMESPACE, { labelSelector: 'app.kubernetes.io/component=run-record' })).flatMap((configMap) => parseRecord(configMap).record ?? []);
