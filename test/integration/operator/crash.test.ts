// The operator's turns against a real API server, with its own rights: killed after each of its writes, it goes on with one run, and what it wrote converges.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { FINALIZER } from '../../../src/api/group.js';
import { createKube } from '../../../src/kube/client.js';
import { systemClock, pause } from '../../../src/kube/clock.js';
import type { Kube } from '../../../src/kube/kube.js';
import { silent } from '../../../src/kube/log.js';
import type { KubeObject, NewObject } from '../../../src/kube/object.js';
import { CONFIG_MAPS, JOBS, PODS, SECRETS, type Resource } from '../../../src/kube/resources.js';
import type { Finalizers } from '../../../src/operator/act.js';
import { Admission } from '../../../src/operator/admission.js';
import { createCaches, type Caches } from '../../../src/operator/caches.js';
import { CaptureController } from '../../../src/operator/capture-controller.js';
import { CLUSTER_CAPTURE_DESTINATIONS, PACKET_CAPTURES } from '../../../src/api/kinds.js';
import { DestinationSources } from '../../../src/operator/destination-sources.js';
import { Metrics } from '../../../src/operator/metrics/registry.js';
import { RunMeter } from '../../../src/operator/metrics/runs.js';
import { Reports } from '../../../src/operator/reports.js';
import { TargetPods } from '../../../src/operator/target-pods.js';
import { Workloads } from '../../../src/operator/workloads.js';
import { DEFAULT_PLAN_CONFIG } from '../../../src/plan/config.js';
import { parseRecord, type RecordConfigMap } from '../../../src/plan/record.js';
import { emptyLedger } from '../../../src/protocol/ledger.js';
import { REPORT_TAG } from '../../../src/protocol/report.js';
import { startApiServer, type ApiServer } from '../api-server.js';
import { eventually } from '../eventually.js';

const JOBS_NAMESPACE = 'packetcapture-jobs';
const SYSTEM_NAMESPACE = 'packetcapture-system';
let apiServer: ApiServer;
let admin: Kube;
let operator: Kube;
let uid: string;

beforeAll(async () => {
  apiServer = await startApiServer({ flags: ['--allow-privileged=true'] });
  await apiServer.apply('config/default');
  await apiServer.kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s']);
  admin = createKube(apiServer.kubeConfig, { userAgent: 'test/1' });
  // A certificate's name is too short for a service account's: another user gets its roles.
  await apiServer.kubectl(['create', 'clusterrolebinding', 'operator', '--clusterrole=packetcapture-operator', '--user=operator']);
  for (const namespace of [JOBS_NAMESPACE, SYSTEM_NAMESPACE]) await apiServer.kubectl(['create', 'rolebinding', 'operator', '--role=packetcapture-operator', '--user=operator', '-n', namespace]);
  operator = createKube((await apiServer.addUser('operator')).kubeConfig, { userAgent: 'packetcapture/test' });
  await apiServer.kubectl(['create', 'namespace', 'shop']);
  await admin.create(SECRETS, SYSTEM_NAMESPACE, { metadata: { name: 's3' }, data: { accessKeyId: 'YQ==', secretAccessKey: 'Yg==' } });
  const destination = await eventually('destinations are served', () =>
    admin.create(CLUSTER_CAPTURE_DESTINATIONS, undefined, { apiVersion: 'packetcapture.dev/v1alpha1', kind: 'ClusterCaptureDestination', metadata: { name: 'team' }, spec: { s3: { bucket: 'captures', auth: { secretRef: { name: 's3' } } } } }));
  await admin.patch(CLUSTER_CAPTURE_DESTINATIONS, undefined, 'team', { status: { conditions: [{ type: 'Ready', status: 'True', reason: 'BucketUsable', observedGeneration: destination.metadata.generation }] } }, { type: 'merge', subresource: 'status' });
  await aPod('shop', 'web-0', {}, { phase: 'Running', podIP: '10.0.0.7', podIPs: [{ ip: '10.0.0.7' }] });
  const spec = { target: { podName: 'web-0' }, storage: { destinationRef: { name: 'team' } } };
  uid = (await admin.create(PACKET_CAPTURES, 'shop', { apiVersion: 'packetcapture.dev/v1alpha1', kind: 'PacketCapture', metadata: { name: 'web' }, spec })).metadata.uid;
}, 60_000);
afterAll(() => apiServer.stop(), 30_000);

async function aPod(namespace: string, name: string, labels: object, status: object): Promise<KubeObject> {
  const pod = await admin.create(PODS, namespace, { metadata: { name, labels } as NewObject['metadata'], spec: { nodeName: 'node-a', containers: [{ name: 'agent', image: 'x' }] } });
  await admin.patch(PODS, namespace, name, { status }, { type: 'merge', subresource: 'status' });
  return pod;
}

const list = async (...where: Parameters<Kube['list']>): Promise<KubeObject[]> => (await admin.list(...where)).items;
const capture = () => admin.get<KubeObject & { status: { phase: string; packets?: object } }>(PACKET_CAPTURES, 'shop', 'web');

/** Somebody else writes the same object in the moment before each second write: the API server says Conflict. */
function contend(): (resource: Resource, namespace: string | undefined, name: string, isConditional: boolean) => Promise<void> {
  let calls = 0;
  return async (resource, namespace, name, isConditional) => {
    calls += 1;
    if (isConditional && calls % 2 === 1) await admin.patch(resource, namespace, name, { metadata: { annotations: { 'test/contended': String(calls) } } }, { type: 'merge' });
  };
}

/** What all processes together told in Events. */
const told: string[] = [];

/** One process of the operator, which is killed after so many writes. */
async function withOperator<T>(writes: number, use: (turn: () => Promise<number | undefined>, written: () => number) => Promise<T>, before: ReturnType<typeof contend> = () => Promise.resolve()): Promise<T> {
  let written = 0;
  const killed = async <R>(call: () => Promise<R>): Promise<R> => {
    if (written >= writes) throw new Error('killed');
    const result = await call();
    written += 1;
    return result;
  };
  const kube: Kube = {
    ...operator,
    create: (...args) => killed(() => operator.create(...args)),
    replace: async (resource, object, options) => (await before(resource, object.metadata.namespace, object.metadata.name, true), killed(() => operator.replace(resource, object, options))),
    patch: async (resource, namespace, name, patch, options) => {
      await before(resource, namespace, name, (patch as { metadata?: { resourceVersion?: string } }).metadata?.resourceVersion !== undefined);
      return killed(() => operator.patch(resource, namespace, name, patch, options));
    },
    remove: (...args) => killed(() => operator.remove(...args)),
  };
  const caches = createCaches(kube, JOBS_NAMESPACE, silent);
  const reflectors = Object.values(caches) as Pick<Caches['records'], 'start' | 'stop' | 'hasSynced'>[];
  for (const reflector of reflectors) reflector.start();
  await Promise.all(reflectors.map(({ hasSynced }) => hasSynced));
  const setFinalizers = async ({ metadata: { name, namespace, resourceVersion, finalizers = [] } }: Parameters<Finalizers['add']>[0], wanted: string[]): Promise<string | undefined> => {
    if (finalizers.join() === wanted.join()) return resourceVersion;
    return (await kube.patch<KubeObject>(PACKET_CAPTURES, namespace, name, { metadata: { resourceVersion, finalizers: wanted } }, { type: 'merge' })).metadata.resourceVersion;
  };
  const finalizers: Finalizers = { add: (c) => setFinalizers(c, [FINALIZER]), remove: async (c) => void (await setFinalizers(c, [])) };
  const targetPods = new TargetPods(kube, silent, () => undefined);
  const sources = new DestinationSources(kube, SYSTEM_NAMESPACE, silent, () => undefined);
  const refusedJobs = new Map<string, string>();
  const admission = new Admission({ records: caches.records.store, limits: { namespace: 1, node: 1 }, wake: () => undefined, now: Date.now });
  const config = { ...DEFAULT_PLAN_CONFIG, agentImage: 'packetcapture:1', finishedJobTTLMs: 0 };
  const controller = new CaptureController(
    { kube, config, caches, sources, targetPods, workloads: new Workloads(kube, silent, () => undefined), reports: new Reports(kube, silent, Date.now), filters: { check: () => Promise.resolve({}) }, admission, refusedJobs, lookAgain: () => undefined, now: Date.now },
    { kube, jobsNamespace: JOBS_NAMESPACE, finalizers, events: { event: (_on, _type, reason) => void told.push(reason), flush: () => Promise.resolve() }, log: silent, now: Date.now, statusWritten: new Map(), leftovers: { note: () => Promise.resolve() }, refusedJobs },
    new RunMeter(new Metrics({ leads: () => true, log: silent })),
    silent,
  );
  try {
    return await use(async () => (await controller.reconcile(uid))?.requeueAfterMs, () => written);
  } finally {
    await Promise.all([...reflectors.map((reflector) => reflector.stop()), targetPods.stop(), sources.stop()]);
  }
}

/** Turns until one writes nothing any more. */
const converge = (before?: ReturnType<typeof contend>): Promise<number | undefined> =>
  withOperator(Infinity, (turn, written) =>
    eventually('nothing is left to write', async () => {
      const before = written();
      const lookAgainMs = await turn();
      await pause(systemClock, 200);
      const quiet = written() === before && (await turn(), written() === before);
      return quiet ? { lookAgainMs } : undefined;
    }, { timeoutMs: 20_000 }), before).then(({ lookAgainMs }) => lookAgainMs);

test('killed after each of its writes, the operator goes on with one run, one Job and one Secret', async () => {
  for (const writes of [0, 1, 1, 1, 1, 1]) await withOperator(writes, (turn) => turn().catch(() => undefined));
  await converge();
  expect(await list(CONFIG_MAPS, JOBS_NAMESPACE, { labelSelector: 'app.kubernetes.io/component=run-record' })).toHaveLength(1);
  expect(await list(JOBS, JOBS_NAMESPACE)).toHaveLength(1);
  expect(await list(SECRETS, JOBS_NAMESPACE, { labelSelector: 'app.kubernetes.io/component=credentials' })).toHaveLength(1);
  expect(await capture()).toMatchObject({ metadata: { finalizers: [FINALIZER] }, status: { phase: 'Starting' } });
  expect(told).toEqual(['RunStarted']);
}, 60_000);

test('keys that change reach the run, with the rights of the operator', async () => {
  await admin.patch(SECRETS, SYSTEM_NAMESPACE, 's3', { data: { accessKeyId: 'bmV3' } }, { type: 'merge' });
  await converge();
  expect(await list(SECRETS, JOBS_NAMESPACE, { labelSelector: 'app.kubernetes.io/component=credentials' })).toMatchObject([{ data: { accessKeyId: 'bmV3' } }]);
}, 60_000);

test('a conflict on every first try of a write only takes longer', async () => {
  await admin.patch(PACKET_CAPTURES, 'shop', 'web', { spec: { duration: '9m' } }, { type: 'merge' });
  await converge(contend());
  const [record] = await list(CONFIG_MAPS, JOBS_NAMESPACE, { labelSelector: 'app.kubernetes.io/component=run-record' });
  expect(parseRecord(record as RecordConfigMap).record?.run).toMatchObject({ number: 1, limits: { durationMs: 540_000 } });
  expect(await capture()).toMatchObject({ status: { phase: 'Starting', observedGeneration: 2 } });
  expect(await list(JOBS, JOBS_NAMESPACE)).toHaveLength(1);
}, 60_000);

test('a run ends, is collected, and nothing is written after', async () => {
  const [job] = await list(JOBS, JOBS_NAMESPACE);
  const { labels } = (job as unknown as { spec: { template: { metadata: { labels: object } } } }).spec.template.metadata;
  const pod = await aPod(JOBS_NAMESPACE, 'agent', { ...labels, 'job-name': job?.metadata.name }, { phase: 'Running' });
  await converge();
  const addressed = await admin.get(PODS, JOBS_NAMESPACE, 'agent');
  expect(JSON.parse(addressed?.metadata.annotations?.['packetcapture.dev/control'] ?? '')).toMatchObject({ podUID: pod.metadata.uid, attempt: 1 });

  const time = new Date().toISOString();
  const message = JSON.stringify({ report: REPORT_TAG, version: 1, runID: job?.metadata.labels?.['packetcapture.dev/run-id'], node: 'node-a', podUID: pod.metadata.uid, attempt: 1, number: 5, time, spool: 's', phase: 'Done', ledger: emptyLedger(), gaps: { count: 0, seconds: 0.125 }, captureStartTime: time, stopTime: time, stopReason: 'Duration', done: true });
  const containerStatuses = [{ name: 'agent', image: 'x', imageID: 'x', ready: false, restartCount: 0, state: { terminated: { exitCode: 0, message } } }];
  await admin.patch(PODS, JOBS_NAMESPACE, 'agent', { status: { phase: 'Succeeded', containerStatuses } }, { type: 'merge', subresource: 'status' });
  expect(await converge()).toBeUndefined();
  expect((await capture())?.status.phase).toBe('Complete');
  expect((await capture())?.metadata.finalizers).toBeUndefined();
  expect(told).toEqual(['RunStarted', 'Complete']);
  expect([...(await list(JOBS, JOBS_NAMESPACE)), ...(await list(SECRETS, JOBS_NAMESPACE, { labelSelector: 'app.kubernetes.io/component=credentials' }))]).toEqual([]);
}, 60_000);

test('of a capture that is deleted nothing is remembered', async () => {
  await admin.remove(PACKET_CAPTURES, 'shop', 'web');
  // No controller manager runs here to collect it with its Job.
  await admin.remove(PODS, JOBS_NAMESPACE, 'agent', { gracePeriodSeconds: 0 });
  await converge();
  expect(await list(CONFIG_MAPS, JOBS_NAMESPACE, { labelSelector: 'app.kubernetes.io/component=run-record' })).toEqual([]);
}, 60_000);
