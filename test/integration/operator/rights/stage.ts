// Where the steps of the operator's work play: captures, the pods of their Jobs as a Job controller would make them, what their agents say, destinations.
import type { Kube } from '../../../../src/kube/kube.js';
import type { KubeObject, NewObject } from '../../../../src/kube/object.js';
import { CONFIG_MAPS, JOBS, PODS, SECRETS, type Resource } from '../../../../src/kube/resources.js';
import { CLUSTER_CAPTURE_DESTINATIONS, PACKET_CAPTURES } from '../../../../src/api/kinds.js';
import { CONTROL_ANNOTATION } from '../../../../src/protocol/control.js';
import { emptyLedger } from '../../../../src/protocol/ledger.js';
import { REPORT_TAG } from '../../../../src/protocol/report.js';
import { eventually } from '../../eventually.js';
import { aCapture, aPodOf, JOBS_NAMESPACE, list, NAMESPACE, podIsDone, records, SYSTEM_NAMESPACE, type OperatorProcess } from '../scene.js';

/** Where steps play. */
export interface Stage {
  admin: Kube;
  /** Of the bucket. */
  s3: { endpoint: string | undefined; bucket: string | undefined; keys: Record<string, string> };
  logs: Map<string, string>;
  operator(): OperatorProcess;
  apply(object: object): Promise<unknown>;
}

export interface Step {
  /** What a person sees, or does not see, without the right. */
  fails: string;
  /** Only an operator that starts asks for it: with these flags. */
  starts?: { args?: string[]; env?: Record<string, string> };
  /** The start itself does not come to its end. */
  startFails?: boolean;
  /** Begins the work; resolves to whether it has come to its end. */
  begin(stage: Stage): Promise<() => Promise<unknown>>;
}

let counter = 0;
export const fresh = (): string => `step-${(counter += 1)}`;

type Capture = KubeObject & { status?: { phase?: string; packets?: { captured?: number }; conditions?: { type: string; reason?: string; message?: string }[] } };
export const captureOf = (admin: Kube, name: string) => admin.get<Capture>(PACKET_CAPTURES, NAMESPACE, name);
export const phase = async (admin: Kube, name: string): Promise<string | undefined> => (await captureOf(admin, name))?.status?.phase;
export const says = async (admin: Kube, name: string): Promise<string> => JSON.stringify((await captureOf(admin, name))?.status?.conditions ?? []);

export const childrenOf = (admin: Kube, resource: Resource, uid: string) => list(admin, resource, JOBS_NAMESPACE, { labelSelector: `packetcapture.dev/capture-uid=${uid}` });

/** A capture, from which on `end` is awaited. */
export const capturing = (end: (stage: Stage, capture: KubeObject) => Promise<unknown>): Step['begin'] => async (stage) => {
  const capture = await aCapture(stage.admin, fresh());
  return () => end(stage, capture);
};

interface Running {
  capture: KubeObject;
  pod: KubeObject;
}

/** A capture whose Job has a pod, as the Job controller would make it. */
export async function withPod({ admin }: Stage): Promise<Running> {
  const capture = await aCapture(admin, fresh());
  const job = await eventually('the Job is there', async () => (await childrenOf(admin, JOBS, capture.metadata.uid))[0], { timeoutMs: 30_000 });
  await eventually('the Secret is there', async () => (await childrenOf(admin, SECRETS, capture.metadata.uid))[0]);
  return { capture, pod: await aPodOf(admin, job, `agent-${capture.metadata.name}`) };
}

export const control = async (admin: Kube, { pod }: Running): Promise<string | undefined> => (await admin.get(PODS, JOBS_NAMESPACE, pod.metadata.name))?.metadata.annotations?.[CONTROL_ANNOTATION];

export async function addressed(stage: Stage): Promise<Running> {
  const running = await withPod(stage);
  await eventually('the pod is addressed', () => control(stage.admin, running), { timeoutMs: 30_000 });
  return running;
}

export const runOf = (admin: Kube, uid: string) => eventually('it has a record', async () => (await records(admin)).find(({ capture }) => capture.uid === uid)?.run);

export async function podIsRunning(stage: Stage, { capture, pod }: Running, captured: number): Promise<void> {
  const run = await runOf(stage.admin, capture.metadata.uid);
  const time = new Date().toISOString();
  const ledger = emptyLedger();
  const report = { report: REPORT_TAG, version: 1, runID: run.id, node: 'node-a', podUID: pod.metadata.uid, attempt: 1, number: 1, time, spool: 's', phase: 'Capturing', ledger: { ...ledger, packets: { ...ledger.packets, captured, pending: captured } }, gaps: { count: 0, seconds: 0 }, captureStartTime: time, done: false };
  stage.logs.set(pod.metadata.name, `${JSON.stringify(report)}\n`);
  const containerStatuses = [{ name: 'agent', image: 'x', imageID: 'x', ready: true, restartCount: 0, state: { running: { startedAt: time } } }];
  await stage.admin.patch(PODS, JOBS_NAMESPACE, pod.metadata.name, { status: { containerStatuses } }, { type: 'merge', subresource: 'status' });
}

const destination = ({ s3 }: Stage, secret: string, more: object = {}): NewObject =>
  ({ apiVersion: 'packetcapture.dev/v1alpha1', kind: 'ClusterCaptureDestination', metadata: { name: fresh() }, spec: { s3: { endpoint: s3.endpoint, bucket: s3.bucket, prefix: 'rights/', auth: { secretRef: { name: secret } }, ...more } } });

export const readyReason = async (admin: Kube, name: string): Promise<string | undefined> => (await admin.get<Capture>(CLUSTER_CAPTURE_DESTINATIONS, undefined, name))?.status?.conditions?.find(({ type }) => type === 'Ready')?.reason;

export async function aDestination(stage: Stage, more: { secret?: string; s3?: object; spec?: object } = {}): Promise<string> {
  const object = destination(stage, more.secret ?? 's3', more.s3);
  const spec = { ...(object['spec'] as object), ...more.spec };
  return (await stage.admin.create(CLUSTER_CAPTURE_DESTINATIONS, undefined, { ...object, spec })).metadata.name;
}

export const aSecret = async ({ admin, s3 }: Stage): Promise<string> => (await admin.create(SECRETS, SYSTEM_NAMESPACE, { metadata: { name: fresh() }, data: s3.keys })).metadata.name;
export const aConfigMap = async ({ admin }: Stage): Promise<string> => (await admin.create(CONFIG_MAPS, SYSTEM_NAMESPACE, { metadata: { name: fresh() }, data: { 'ca.crt': 'none' } })).metadata.name;
export const trusting = (name: string) => ({ tls: { caRef: { name } } });

export const destinationHasStatus: Step['begin'] = async (stage) => {
  const name = await aDestination(stage);
  return () => readyReason(stage.admin, name);
};

/** The whole of a capture, with all rights: from its record to where nothing of it is left but that. */
export async function wholeLife(stage: Stage): Promise<void> {
  const running = await addressed(stage);
  const { capture, pod } = running;
  await podIsRunning(stage, running, 7);
  await eventually('its packets are told', async () => (await captureOf(stage.admin, capture.metadata.name))?.status?.packets?.captured === 7, { timeoutMs: 30_000 });
  const run = await runOf(stage.admin, capture.metadata.uid);
  stage.logs.delete(pod.metadata.name);
  await podIsDone(stage.admin, pod.metadata.name, run.id, pod.metadata.uid);
  await eventually('it is collected', async () => (await records(stage.admin)).some((record) => record.capture.uid === capture.metadata.uid && record.run.collected) && (await childrenOf(stage.admin, JOBS, capture.metadata.uid)).length === 0, { timeoutMs: 30_000 });
}
