// A cluster for the operator alone: a real API server, its Job controller, nodes and pods to capture that are objects and no more, and the operator as a process.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { listAll } from '../../../../src/kube/listing.js';
import { loadYaml } from '@kubernetes/client-node';
import type { Kube } from '../../../../src/kube/kube.js';
import { CONFIG_MAPS, JOBS, NAMESPACES, NODES, PODS } from '../../../../src/kube/resources.js';
import { CLUSTER_CAPTURE_DESTINATIONS, PACKET_CAPTURES } from '../../../../src/api/kinds.js';
import { eventually } from '../../../integration/eventually.js';
import { JOBS_NAMESPACE, operatorScene, type OperatorProcess } from '../../../integration/operator/scene.js';
import { inParallel } from './in-parallel.js';
import { startControllerManager, startKubelet, type StandIn } from './stand-in.js';
import { writeLogOf, type WriteLog } from './writes.js';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const NODE_COUNT = 20;
/** Nobody waits in the queue; all else is as it is installed, where the scene has it otherwise for tests. */
const UNBOUNDED = ['--max-captures-per-namespace=0', '--max-captures-per-node=0', '--finished-job-ttl=1m', '--log-level=info'];
export const CAPTURED_NAMESPACES = Array.from({ length: 20 }, (_, n) => `team-${n}`);
export const PODS_OF_NAMESPACE = 5;

export interface RunningOperator extends OperatorProcess {
  pid: number;
  stop(): Promise<void>;
}

export interface Cluster {
  admin: Kube;
  writes: WriteLog;
  /** With nobody held in a queue; resolves when it leads and its destination is Ready. */
  startOperator(): Promise<RunningOperator>;
  /** Pods that no capture names: half of them in the namespaces of the captures, half in others. */
  addUnrelatedPods(count: number): Promise<void>;
  /** Resolves when nothing but captures and records is left of the captures that are Complete. */
  settled(): Promise<void>;
  /** Resolves when nothing is left of them. */
  removeCaptures(): Promise<void>;
  stop(): Promise<void>;
}

const nodeName = (n: number): string => `node-${n % NODE_COUNT}`;

export const capturedPod = (n: number): { namespace: string; name: string } => ({ namespace: CAPTURED_NAMESPACES[n % CAPTURED_NAMESPACES.length] ?? '', name: `web-${Math.floor(n / CAPTURED_NAMESPACES.length) % PODS_OF_NAMESPACE}` });

/** A pod as large as one of an ordinary application, that runs. */
export async function aRunningPod(admin: Kube, namespace: string, name: string, node: number): Promise<void> {
  const env = Array.from({ length: 20 }, (_, n) => ({ name: `SETTING_${n}`, value: `value-${n}-of-an-application` }));
  const ip = `10.${node % 250}.${Math.floor(node / 250) % 250}.7`;
  await admin.create(PODS, namespace, { metadata: { name, labels: { app: name.replace(/-\d+$/, ''), 'app.kubernetes.io/name': name } }, spec: { nodeName: nodeName(node), containers: [{ name: 'app', image: 'registry.example.com/app:1', env, resources: { requests: { cpu: '10m', memory: '16Mi' } } }] } });
  await admin.patch(PODS, namespace, name, { status: { phase: 'Running', podIP: ip, podIPs: [{ ip }], containerStatuses: [{ name: 'app', image: 'registry.example.com/app:1', imageID: 'x', ready: true, restartCount: 0, state: { running: { startedAt: new Date().toISOString() } } }] } }, { type: 'merge', subresource: 'status' });
}

/** As the image has it. */
function program(): string[] {
  const folder = path.join(ROOT, 'node_modules/.cache/bench');
  execFileSync(process.execPath, ['hack/build/bundle.mjs', folder], { cwd: ROOT });
  return [path.join(folder, 'packetcapture.mjs'), 'operator'];
}

/** Of the allocator's options, as the image has them. */
const mallocOptions = (): Record<string, string> => Object.fromEntries([...readFileSync(path.join(ROOT, 'Dockerfile'), 'utf8').matchAll(/\b(MALLOC_\w+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value]));

/** As the Deployment has them. */
function nodeOptions(): string {
  const deployment = loadYaml<{ spec: { template: { spec: { containers: { env: { name: string; value?: string }[] }[] } } } }>(readFileSync(path.join(ROOT, 'config/manager/deployment.yaml'), 'utf8'));
  return deployment.spec.template.spec.containers[0]?.env.find(({ name }) => name === 'NODE_OPTIONS')?.value ?? '';
}

async function ended({ child }: OperatorProcess): Promise<void> {
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await exit;
}

export async function startCluster(): Promise<Cluster> {
  const writes = await writeLogOf('operator');
  const scene = await operatorScene('bench/', { flags: writes.flags, program: program() });
  const { admin, apiServer } = scene;
  const standIns: StandIn[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(standIns.map((standIn) => standIn.stop()));
    await scene.stop();
    await writes.remove();
  };
  try {
    const kubelet = await startKubelet(apiServer, JOBS_NAMESPACE);
    standIns.push(kubelet, await startControllerManager(apiServer));
    for (let n = 0; n < NODE_COUNT; n += 1) {
      await admin.create(NODES, undefined, { metadata: { name: nodeName(n) } });
      await admin.patch(NODES, undefined, nodeName(n), { status: { addresses: [{ type: 'InternalIP', address: '127.0.0.1' }], daemonEndpoints: { kubeletEndpoint: { Port: kubelet.port } }, conditions: [{ type: 'Ready', status: 'True' }] } }, { type: 'merge', subresource: 'status' });
    }
    for (const namespace of CAPTURED_NAMESPACES) await admin.create(NAMESPACES, undefined, { metadata: { name: namespace } });
    await inParallel(CAPTURED_NAMESPACES.length * PODS_OF_NAMESPACE, async (n) => {
      const { namespace, name } = capturedPod(n);
      await aRunningPod(admin, namespace, name, n);
    });
  } catch (error) {
    await stop();
    throw error;
  }
  const settled = async (): Promise<void> => {
    for (const resource of [JOBS, PODS]) await eventually(`no ${resource.plural} are left`, async () => (await listAll(admin, resource, JOBS_NAMESPACE)).items.length === 0, { timeoutMs: 300_000, everyMs: 1000 });
  };
  return {
    admin,
    writes,
    async startOperator() {
      const operator = scene.startOperator(UNBOUNDED, { ...mallocOptions(), NODE_OPTIONS: nodeOptions() });
      await eventually('the operator leads, and its destination is Ready', async () => {
        const destination = await admin.get<never>(CLUSTER_CAPTURE_DESTINATIONS, undefined, 'team') as { status?: { conditions?: { type: string; status: string }[] } } | undefined;
        return operator.log().includes('"leads"') && destination?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
      }, { timeoutMs: 60_000, everyMs: 100 });
      return { ...operator, pid: operator.child.pid ?? 0, stop: () => ended(operator) };
    },
    async addUnrelatedPods(count) {
      const namespaces = [...CAPTURED_NAMESPACES, ...CAPTURED_NAMESPACES.map((name) => `other-${name}`)];
      for (const name of namespaces.slice(CAPTURED_NAMESPACES.length)) await admin.create(NAMESPACES, undefined, { metadata: { name } });
      await inParallel(count, (n) => aRunningPod(admin, namespaces[n % namespaces.length] ?? '', `unrelated-${n}`, n));
    },
    settled,
    async removeCaptures() {
      const { items } = await listAll(admin, PACKET_CAPTURES, undefined);
      await inParallel(items.length, async (n) => void (await admin.remove(PACKET_CAPTURES, items[n]?.metadata.namespace, items[n]?.metadata.name ?? '')));
      await eventually('nothing remembers them', async () => (await listAll(admin, CONFIG_MAPS, JOBS_NAMESPACE, { labelSelector: 'app.kubernetes.io/component=run-record' })).items.length === 0, { timeoutMs: 300_000, everyMs: 500 });
      await settled();
    },
    stop,
  };
}
