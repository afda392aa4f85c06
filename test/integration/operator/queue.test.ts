// The queue of whole operators against a real API server: never more runs than there are places, in the order of waiting, also when the leader is killed.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Kube } from '../../../src/kube/kube.js';
import type { KubeObject } from '../../../src/kube/object.js';
import { Reflector } from '../../../src/kube/reflector.js';
import { CONFIG_MAPS, JOBS, PODS } from '../../../src/kube/resources.js';
import { PACKET_CAPTURES } from '../../../src/api/kinds.js';
import { placeKey, placesOf, readHoldings, taken } from '../../../src/plan/places.js';
import { eventually } from '../eventually.js';
import { aPod, aPodOf, JOBS_NAMESPACE, list, operatorScene, podIsDone, records, type OperatorProcess, type OperatorScene } from './scene.js';

const NAMESPACES = ['shop', 'team'];
const NAMES = ['c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7', 'c8'];
const FLAGS = ['--max-captures-per-namespace=2', '--max-captures-per-node=3', '--leader-elect-lease-duration=3s', '--leader-elect-renew-deadline=2s', '--leader-elect-retry-period=300ms'];

let scene: OperatorScene;
let admin: Kube;
let followed: Reflector<KubeObject & { data?: Record<string, string> }>;
/** Most that ever held each place at a time, by the records in the order in which they were written. */
const most = new Map<string, number>();

beforeAll(async () => {
  scene = await operatorScene('queue/');
  admin = scene.admin;
  await scene.apiServer.kubectl(['create', 'namespace', 'team']);
  await aPod(admin, 'team', 'web-0', {}, { phase: 'Running', podIP: '10.0.0.8', podIPs: [{ ip: '10.0.0.8' }] });
  followed = new Reflector(admin, CONFIG_MAPS, { namespace: JOBS_NAMESPACE, labelSelector: 'app.kubernetes.io/component=run-record' });
  followed.addHandler(() => {
    const held = followed.store.list().flatMap(({ data }) => readHoldings(data?.['record.json']) ?? []);
    for (const place of held.flatMap(placesOf)) most.set(placeKey(place), Math.max(most.get(placeKey(place)) ?? 0, held.reduce((sum, holdings) => sum + taken(holdings, place), 0)));
  });
  followed.start();
}, 120_000);
afterAll(async () => {
  await followed.stop();
  await scene.stop();
}, 30_000);

type Capture = KubeObject & { status?: { phase?: string; run?: { startTime: string }; conditions?: { type: string; reason: string; message: string }[] } };
const captures = async (): Promise<Capture[]> => (await Promise.all(NAMESPACES.map((namespace) => list(admin, PACKET_CAPTURES, namespace)))).flat();
const inPhase = async (phase: string): Promise<number> => (await captures()).filter(({ status }) => status?.phase === phase).length;
const ready = ({ status }: Capture) => status?.conditions?.find(({ type }) => type === 'Ready');

/** What Job controller, kubelet and agents do: each Job gets its pod, and each pod that is addressed does its work at once. */
async function agentsWork(): Promise<void> {
  const pods = await list(admin, PODS, JOBS_NAMESPACE);
  for (const job of await list(admin, JOBS, JOBS_NAMESPACE)) if (!pods.some(({ metadata }) => metadata.name === job.metadata.name)) await aPodOf(admin, job, job.metadata.name);
  for (const { run } of await records(admin)) {
    const { podName, podUID } = run.nodes[0]?.addressed ?? {};
    const pod = pods.find(({ metadata }) => metadata.uid === podUID) as (KubeObject & { status?: { phase?: string } }) | undefined;
    if (podName !== undefined && podUID !== undefined && pod?.status?.phase === 'Running') await podIsDone(admin, podName, run.id, podUID);
  }
}

const leads = (operators: OperatorProcess[]): Promise<OperatorProcess> => eventually('an operator leads', () => operators.find(({ child, log }) => child.exitCode === null && child.signalCode === null && log().includes('"leads"')), { timeoutMs: 30_000 });

test('of many captures never more run than the operator allows, in their order, whichever operator leads', async () => {
  const operators = [scene.startOperator(FLAGS), scene.startOperator(FLAGS)];
  const first = await leads(operators);
  const want = async (namespace: string, ...names: string[]): Promise<void> => {
    for (const name of names) await admin.create(PACKET_CAPTURES, namespace, { apiVersion: 'packetcapture.dev/v1alpha1', kind: 'PacketCapture', metadata: { name }, spec: { target: { podName: 'web-0' }, storage: { destinationRef: { name: 'team' } } } });
  };
  for (const [n, [namespace, name]] of ([['shop', 'c1'], ['team', 'c1'], ['shop', 'c2']] as const).entries()) {
    await want(namespace, name);
    await eventually('it begins', async () => (await inPhase('Starting')) === n + 1, { timeoutMs: 30_000, everyMs: 100 });
  }
  await want('team', ...NAMES.slice(1));
  await want('shop', ...NAMES.slice(2));
  await eventually('all others are told that they wait', async () => {
    const all = await captures();
    return all.filter((c) => ready(c)?.reason === 'Queued').length === all.length - 3 && all;
  }, { timeoutMs: 30_000, everyMs: 100 });
  const told = Object.fromEntries((await captures()).map((c) => [`${c.metadata.namespace}/${c.metadata.name}`, ready(c)?.message]));
  expect(told['shop/c3']).toBe('1st in the queue of namespace "shop": 2 captures run there, the most that the operator allows (--max-captures-per-namespace)');
  expect(told['team/c2']).toBe('1st in the queue of node "node-a": 3 captures run there, the most that the operator allows (--max-captures-per-node)');

  await eventually('some are complete', async () => (await agentsWork(), (await inPhase('Complete')) >= 5), { timeoutMs: 60_000, everyMs: 100 });
  first.child.kill('SIGKILL');
  await leads(operators.filter((operator) => operator !== first));
  await eventually('all are complete', async () => (await agentsWork(), (await inPhase('Complete')) === NAMESPACES.length * NAMES.length), { timeoutMs: 120_000, everyMs: 100 });

  expect(Object.fromEntries(most)).toEqual({ 'namespace/shop': 2, 'namespace/team': 2, 'node/node-a': 3 });
  for (const namespace of NAMESPACES) {
    const all = (await captures()).filter(({ metadata }) => metadata.namespace === namespace).sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
    const started = all.map(({ status }) => Date.parse(status?.run?.startTime ?? ''));
    // Two places that are free at the same moment are taken in any order.
    for (const [n, start] of started.slice(2).entries()) expect(start).toBeGreaterThan(started[n] as number);
  }
}, 300_000);
