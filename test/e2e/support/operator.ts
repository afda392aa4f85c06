// The deployed operator: its pods, which of them leads, and its arguments.
import { readdirSync, readFileSync } from 'node:fs';
import { eventually } from '../../integration/eventually.js';
import { SYSTEM_NAMESPACE } from './destination.js';
import { get, kubectl, list } from './kubectl.js';

const NAME = 'packetcapture-operator';
const DEPLOYMENT = `deployment/${NAME}`;
const SELECTOR = `app.kubernetes.io/name=${NAME}`;

export interface OperatorPod {
  metadata: { name: string; uid: string; deletionTimestamp?: string };
  spec: { nodeName: string; containers: { args: string[] }[] };
  status?: { containerStatuses?: { ready: boolean; restartCount: number }[] };
}

interface Lease {
  spec: { holderIdentity?: string; leaseTransitions: number; acquireTime: string };
}

export const operatorPods = async (): Promise<OperatorPod[]> => (await list<OperatorPod>('pods', SYSTEM_NAMESPACE, SELECTOR)).filter(({ metadata }) => metadata.deletionTimestamp === undefined);

export const isReady = ({ status }: OperatorPod): boolean => status?.containerStatuses?.every(({ ready }) => ready) ?? false;

export const lease = (): Promise<Lease | undefined> => get<Lease>('lease', SYSTEM_NAMESPACE, NAME);

/** Name of the pod that holds the lease; undefined where it was released, or a pod's that is gone or going. */
export async function leader(): Promise<string | undefined> {
  const [holder] = ((await lease())?.spec.holderIdentity ?? '').split('_');
  return (await operatorPods()).find(({ metadata }) => metadata.name === holder)?.metadata.name;
}

/** A leader, and a standby that is ready to take over. */
export const whole = (timeoutMs = 120_000): Promise<string> =>
  eventually('an operator leads and another stands by', async () => {
    const pods = await operatorPods();
    return pods.length >= 2 && pods.every(isReady) ? leader() : undefined;
  }, { timeoutMs, everyMs: 300 });

/** What Prometheus would scrape of the pod that leads: series, each with its value. */
export async function leaderMetrics(): Promise<Map<string, number>> {
  const text = await kubectl(['get', '--raw', `/api/v1/namespaces/${SYSTEM_NAMESPACE}/pods/${await whole()}:8080/proxy/metrics`]);
  return new Map(text.split('\n').filter((line) => line.startsWith('packetcapture_')).map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]));
}

/** To the process itself, as a node's OOM killer would: no goodbye, and no kubelet that asks first. The nodes of the sandbox are processes of this machine. */
export async function signalOperator(name: string, signal: NodeJS.Signals): Promise<void> {
  const uid = (await operatorPods()).find((pod) => pod.metadata.name === name)?.metadata.uid;
  const pid = uid === undefined ? undefined : readdirSync('/proc').map(Number).find((n) => Number.isInteger(n) && isOperatorOf(uid, n));
  if (pid === undefined) throw new Error(`no process of pod ${name} runs on this machine: this needs the sandbox (hack/sandbox/sandbox up)`);
  process.kill(pid, signal);
}

function isOperatorOf(podUID: string, pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes('operator') && readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(podUID);
  } catch {
    return false;
  }
}

/** All pods at once; the Deployment makes the next ones. */
export const removeAll = (): Promise<string> => kubectl(['delete', 'pod', '-n', SYSTEM_NAMESPACE, '-l', SELECTOR, '--grace-period=0', '--force', '--wait=false']);

export const rolledOut = (): Promise<string> => kubectl(['rollout', 'status', DEPLOYMENT, '-n', SYSTEM_NAMESPACE, '--timeout=150s']);

export const restart = (): Promise<string> => kubectl(['rollout', 'restart', DEPLOYMENT, '-n', SYSTEM_NAMESPACE]);

export const scale = (replicas: number): Promise<string> => kubectl(['scale', DEPLOYMENT, '-n', SYSTEM_NAMESPACE, `--replicas=${replicas}`]);

export async function operatorArguments(): Promise<string[]> {
  const deployment = await get<{ spec: { template: { spec: OperatorPod['spec'] } } }>('deployment', SYSTEM_NAMESPACE, NAME);
  return deployment?.spec.template.spec.containers[0]?.args ?? ['operator'];
}

/** Resolves once a pod with these arguments acts: until then one with the old ones may. */
export async function setOperatorArguments(args: string[]): Promise<void> {
  await kubectl(['patch', DEPLOYMENT, '-n', SYSTEM_NAMESPACE, '--type=json', '-p', JSON.stringify([{ op: 'replace', path: '/spec/template/spec/containers/0/args', value: args }])]);
  await rolledOut();
  if (args.includes('--leader-elect=false')) return;
  await eventually(`an operator with ${args.join(' ')} leads`, async () => {
    const name = await leader();
    return (await operatorPods()).some((pod) => pod.metadata.name === name && JSON.stringify(pod.spec.containers[0]?.args) === JSON.stringify(args));
  }, { timeoutMs: 60_000, everyMs: 200 });
}
