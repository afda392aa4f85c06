// The pods of a Deployment, captured while it is rolled over: each from its own start on, on every node, in one run.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { manifests, pcaps } from './support/bucket.js';
import { applyCapture, CAPTURES, captureThat, condition, inPhase, jobsOf, POD_GONE_MS, podsOf, waitsFor, type Capture } from './support/captures.js';
import { cleanUp, readyDestination } from './support/destination.js';
import { ECHO_PORT, echoing, heardFrom, received, startCollector, type Received } from './support/echo.js';
import { apply, kubectl } from './support/kubectl.js';
import { numbers } from './support/packets.js';
import { freshNamespace, NODES, pod } from './support/workload.js';

const NS = 'e2e-many';
const REPLICAS = 6;
let storage: object;
let collectorIP: string;

afterAll(() => cleanUp(NS, 'e2e-many'), 240_000);

beforeAll(async () => {
  await freshNamespace(NS);
  storage = await readyDestination('e2e-many');
  collectorIP = await startCollector(NS, 'collector');
}, 240_000);

/** Its pods are spread over the nodes. */
const deployment = (name: string, replicas: number): object => {
  const labels = { app: name };
  const { spec } = pod(NS, name, echoing(collectorIP)) as { spec: object };
  const spread = [{ maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'DoNotSchedule', labelSelector: { matchLabels: labels } }];
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: NS },
    spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { ...spec, terminationGracePeriodSeconds: 1, topologySpreadConstraints: spread } } },
  };
};

const rolledOut = (name: string): Promise<string> => kubectl(['rollout', 'status', `deployment/${name}`, '-n', NS, '--timeout=120s']);

test('a Deployment that is rolled over twice: what any of its pods received since it is captured is in the bucket once', async () => {
  // Nothing of it exists yet: the capture is armed, and Git sees it healthy.
  await applyCapture(NS, 'rollouts', { target: { workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, maxTargets: REPLICAS }, filter: `udp port ${ECHO_PORT}`, duration: '10m', ring: { rotateInterval: '30s' }, ...storage });
  const armed = await waitsFor(NS, 'rollouts', 'NoTargetsYet');
  expect(condition(armed, 'Ready')?.status).toBe('True');
  expect(armed.status?.run).toBeUndefined();

  await apply(deployment('web', REPLICAS));
  await rolledOut('web');
  const all = (c: Capture): boolean => c.status?.targets?.filter((t) => t.state === 'Capturing').length === REPLICAS;
  const first = await captureThat(NS, 'rollouts', 'every pod is captured', all);
  const agents = (await podsOf(first)).map((p) => p.metadata.uid).sort();
  expect(await jobsOf(first)).toHaveLength(NODES.length);

  for (let turn = 2; turn <= 3; turn += 1) {
    await kubectl(['rollout', 'restart', 'deployment/web', '-n', NS]);
    await rolledOut('web');
    await heardFrom(NS, 'collector', turn * REPLICAS);
    await captureThat(NS, 'rollouts', `every pod of rollout ${turn} is captured`, (c) => all(c) && c.status?.targets?.filter((t) => t.stopReason === 'TargetGone').length === (turn - 1) * REPLICAS, POD_GONE_MS);
  }
  // The first node's agent served all of them.
  expect((await podsOf(first)).map((p) => p.metadata.uid).sort()).toEqual(agents);
  await kubectl(['annotate', CAPTURES, 'rollouts', '-n', NS, `packetcapture.dev/stop=${first.status?.run?.id}`]);
  const stop = Date.now();
  const done = await inPhase(NS, 'rollouts', 'Complete');
  expect(done.status?.run?.id).toBe(first.status?.run?.id);
  expect(done.status?.targets).toHaveLength(3 * REPLICAS);
  expect(condition(done, 'Complete')?.reason).toBe('AllTargets');
  expect(condition(done, 'LossDetected')).toMatchObject({ status: 'False' });

  const prefix = done.status?.run?.destination?.prefix ?? 'none';
  const starts = new Map<string, number>();
  for (const { targets } of (await manifests(prefix)).values()) for (const target of targets) starts.set(target.podName, Date.parse(target.captureStartTime ?? ''));
  const wanted = (await received(NS, 'collector')).filter(({ podName, sentMs }) => sentMs >= (starts.get(podName) ?? Infinity) && sentMs < stop);
  expect(wanted.length).toBeGreaterThan(5000);
  expect(new Set(wanted.map(({ podName }) => podName)).size).toBe(3 * REPLICAS);
  expect(await amiss(prefix, wanted)).toEqual({ missing: [], twice: [] });
}, 600_000);

/** Numbers that a pod received and that its own files do not hold exactly once. */
async function amiss(prefix: string, wanted: Received[]): Promise<{ missing: Received[]; twice: Received[] }> {
  const times = new Map<string, number>();
  for (const folder of new Set((await pcaps(prefix)).map(({ key }) => key.split('/').slice(0, -1).join('/')))) {
    const podName = folder.split('/').at(-1)?.replace(/_[0-9a-f]{8}$/, '') ?? '';
    for (const number of await numbers(`${folder}/`, ECHO_PORT)) times.set(`${podName} ${number}`, (times.get(`${podName} ${number}`) ?? 0) + 1);
  }
  const count = ({ podName, number }: Received): number => times.get(`${podName} ${number}`) ?? 0;
  return { missing: wanted.filter((r) => count(r) === 0), twice: wanted.filter((r) => count(r) > 1) };
}
