// Two replicas: the standby takes over from a leader that dies, sleeps or stops, in time; an upgrade under traffic disturbs no capture.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../../integration/eventually.js';
import { applyCapture, capture, captureThat, inPhase, jobsOf, podsOf, waitComplete, type Capture } from '../support/captures.js';
import { cleanUp, readyDestination } from '../support/destination.js';
import { apply, kubectl } from '../support/kubectl.js';
import { lease, operatorPods, restart, rolledOut, signalOperator, whole } from '../support/operator.js';
import { account, numbers } from '../support/packets.js';
import { freshNamespace, NODES, pod, RECEIVER, runningPodIP, sendNumbers } from '../support/workload.js';

const NS = 'e2e-takeover';
const [nodeA, nodeB] = NODES;
let storage: object;
let ip: string;

beforeAll(async () => {
  await freshNamespace(NS);
  storage = await readyDestination(NS);
  await apply(pod(NS, 'receiver', RECEIVER, { node: nodeA }));
  ip = await runningPodIP(NS, 'receiver');
  await whole();
}, 240_000);
afterAll(async () => {
  await whole();
  await cleanUp(NS, NS);
}, 240_000);

/** The process that leads: a container that is started again in the same pod is another one, and may be the first to find the lease free. */
const holder = async (): Promise<string> => (await lease())?.spec.holderIdentity ?? '';

/** ms from then until another process has the lease, by the lease's own time: it is this machine's. */
async function takenOverFrom(former: string, sinceMs: number): Promise<number> {
  const { acquireTime } = await eventually('another leads', async () => {
    const spec = (await lease())?.spec;
    return spec && spec.holderIdentity !== former && spec.holderIdentity !== '' ? spec : undefined;
  }, { timeoutMs: 30_000, everyMs: 100 });
  return Date.parse(acquireTime) - sinceMs;
}

test('a leader that is killed is followed within 15 s, and what was asked for meanwhile is done', async () => {
  const name = await whole();
  const former = await holder();
  await signalOperator(name, 'SIGKILL');
  const killedAt = Date.now();
  await applyCapture(NS, 'meanwhile', { target: { podName: 'receiver' }, filter: 'udp port 9000', duration: '5s', ...storage });
  expect(await takenOverFrom(former, killedAt)).toBeLessThan(15_000);
  await captureThat(NS, 'meanwhile', 'it was looked at', (c) => c.status?.run !== undefined);
  await waitComplete(NS, 'meanwhile');
}, 180_000);

test('a leader that is told to stop is followed at once, long before its lease would expire', async () => {
  const name = await whole();
  const former = await holder();
  await signalOperator(name, 'SIGTERM');
  const stoppedAt = Date.now();
  expect(await takenOverFrom(former, stoppedAt)).toBeLessThan(5000);
}, 180_000);

test('a leader that slept ends when it wakes up, and its pod comes back as a standby', async () => {
  const name = await whole();
  const restarts = async (): Promise<number> => (await operatorPods()).find(({ metadata }) => metadata.name === name)?.status?.containerStatuses?.[0]?.restartCount ?? 0;
  const before = await restarts();
  const former = await holder();
  await signalOperator(name, 'SIGSTOP');
  try {
    await takenOverFrom(former, Date.now());
  } finally {
    await signalOperator(name, 'SIGCONT');
  }
  await eventually('its container was started again', async () => (await restarts()) > before, { timeoutMs: 60_000, everyMs: 200 });
  expect(await whole()).not.toBe(name);
}, 180_000);

test('an upgrade under traffic costs no packet: every number is in the bucket, by the same capture pod', async () => {
  await applyCapture(NS, 'upgrade', { target: { podName: 'receiver' }, filter: 'udp port 9000', duration: '10m', ring: { rotateInterval: '2s' }, ...storage });
  const before = await inPhase(NS, 'upgrade', 'Capturing');
  const pods = (await podsOf(before)).map(({ metadata }) => metadata.uid);
  const jobs = (await jobsOf(before)).map(({ metadata }) => metadata.uid);
  const operators = (await operatorPods()).map(({ metadata }) => metadata.uid);
  await apply(pod(NS, 'sender', sendNumbers(ip, 9000, 15_000, 300), { node: nodeB, spec: { restartPolicy: 'Never' } }));
  await captureThat(NS, 'upgrade', 'numbers are captured', (c) => (c.status?.packets?.captured ?? 0) > 300);
  await restart();
  await rolledOut();
  await whole();
  expect((await operatorPods()).filter(({ metadata }) => operators.includes(metadata.uid))).toEqual([]);
  await captureThat(NS, 'upgrade', 'the new operator counts on', (c) => (c.status?.packets?.captured ?? 0) >= 15_000, 120_000);
  await kubectl(['annotate', 'packetcaptures.packetcapture.dev', 'upgrade', '-n', NS, `packetcapture.dev/stop=${before.status?.run?.id}`]);
  await waitComplete(NS, 'upgrade');
  const done = (await capture(NS, 'upgrade')) as Capture;
  expect(account(await numbers(done.status?.run?.destination?.prefix ?? 'none', 9000), 15_000)).toEqual({ missing: [], doubled: [] });
  expect(done.status).toMatchObject({ run: { id: before.status?.run?.id }, gaps: { count: 0 }, packets: { pending: 0, lost: 0 } });
  expect((await podsOf(done)).map(({ metadata }) => metadata.uid)).toEqual(pods);
  expect((await jobsOf(done)).map(({ metadata }) => metadata.uid)).toEqual(jobs);
}, 300_000);
