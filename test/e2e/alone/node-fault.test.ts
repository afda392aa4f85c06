// Nodes that are drained, Jobs that are deleted, and what is left on a node: with real kubelets and the real Job controller.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../../integration/eventually.js';
import { manifests } from '../support/bucket.js';
import { applyCapture, capture, captureThat, condition, inPhase, jobsOf, JOBS_NAMESPACE, POD_GONE_MS, podsOf, stop, waitComplete, type Capture } from '../support/captures.js';
import { cleanUp, readyDestination, SYSTEM_NAMESPACE } from '../support/destination.js';
import { apply, get, kubectl, list } from '../support/kubectl.js';
import { whole } from '../support/operator.js';
import { numbers } from '../support/packets.js';
import { exec, freshNamespace, IDLE, NODES, pod, podStatus, RECEIVER, runningPodIP, sendNumbers } from '../support/workload.js';

const NS = 'e2e-node-fault';
const [nodeA, nodeB] = NODES as [string, string];
let storage: object;
let ip: string;

beforeAll(async () => {
  await freshNamespace(NS);
  storage = await readyDestination(NS);
  await apply(pod(NS, 'receiver', RECEIVER, { node: nodeA }));
  ip = await runningPodIP(NS, 'receiver');
}, 240_000);
afterAll(async () => {
  await kubectl(['uncordon', nodeA]);
  await cleanUp(NS, NS);
}, 240_000);

const parallelism = async (object: Capture): Promise<number | undefined> => ((await jobsOf(object))[0] as unknown as { spec: { parallelism: number } } | undefined)?.spec.parallelism;
const sent = async (name: string): Promise<void> => {
  await eventually(`${name} has ended`, async () => (await podStatus(NS, name))?.status.phase === 'Succeeded', { timeoutMs: 120_000, everyMs: 300 });
};
const send = (name: string, port: number, count: number): Promise<string> => apply(pod(NS, name, sendNumbers(ip, port, count, 200), { node: nodeB, spec: { restartPolicy: 'Never' } }));

/** Of what was sent while tcpdump listened nothing is missing, and nothing is there twice. */
async function accounted(object: Capture, port: number, count: number): Promise<void> {
  const prefix = object.status?.run?.destination?.prefix ?? 'none';
  const found = await numbers(prefix, port);
  expect(found.length).toBe(new Set(found).size);
  const gaps = [...(await manifests(prefix)).values()].flatMap((manifest) => manifest.gaps);
  const gapSeconds = gaps.reduce((sum, { from, to }) => sum + (Date.parse(to) - Date.parse(from)) / 1000, 0);
  expect(gaps.length).toBeGreaterThanOrEqual(1);
  expect(count - found.length).toBeLessThanOrEqual((gapSeconds + 1) * 200);
  expect(object.status?.packets).toMatchObject({ pending: 0, discarded: 0 });
}

test('a capture pod that is taken from a cordoned node is not put back before the node is uncordoned; then it captures on', async () => {
  await applyCapture(NS, 'drained', { target: { podName: 'receiver' }, filter: 'udp port 9000', duration: '10m', ring: { rotateInterval: '2s' }, ...storage });
  const capturing = await inPhase(NS, 'drained', 'Capturing');
  await send('sender', 9000, 12_000);
  await captureThat(NS, 'drained', 'a first file is in the bucket', (c) => (c.status?.files?.uploaded ?? 0) > 0);

  await kubectl(['cordon', nodeA]);
  const [first] = await podsOf(capturing);
  await kubectl(['delete', 'pod', '-n', JOBS_NAMESPACE, first?.metadata.name ?? '', '--wait=false']);
  const drained = await captureThat(NS, 'drained', 'it says NodeDrained', (c) => condition(c, 'Ready')?.reason === 'NodeDrained');
  expect(condition(drained, 'LossDetected')).toMatchObject({ status: 'Unknown', reason: 'NodeDrained' });
  await eventually('no capture pod is left there', async () => (await parallelism(capturing)) === 0 && (await podsOf(capturing)).length === 0, { timeoutMs: POD_GONE_MS, everyMs: 300 });

  await kubectl(['uncordon', nodeA]);
  const back = await inPhase(NS, 'drained', 'Capturing');
  expect(back.status?.run?.id).toBe(capturing.status?.run?.id);
  await sent('sender');
  await stop(NS, 'drained');
  await waitComplete(NS, 'drained');
  await accounted((await capture(NS, 'drained')) as Capture, 9000, 12_000);
}, 480_000);

test('a Job that is deleted by hand is made again under the same run', async () => {
  await applyCapture(NS, 'deleted', { target: { podName: 'receiver' }, filter: 'udp port 9001', duration: '10m', ring: { rotateInterval: '2s' }, ...storage });
  const capturing = await inPhase(NS, 'deleted', 'Capturing');
  await send('sender-deleted', 9001, 6000);
  const [job] = await jobsOf(capturing);
  await captureThat(NS, 'deleted', 'a first file is in the bucket', (c) => (c.status?.files?.uploaded ?? 0) > 0);
  await kubectl(['delete', 'job', '-n', JOBS_NAMESPACE, job?.metadata.name ?? '', '--wait=false']);
  await eventually('another Job of its name is there', async () => {
    const [again] = await jobsOf(capturing);
    return again?.metadata.name === job?.metadata.name && again?.metadata.uid !== job?.metadata.uid;
  }, { timeoutMs: 60_000, everyMs: 200 });
  await sent('sender-deleted');
  await stop(NS, 'deleted');
  await waitComplete(NS, 'deleted');
  const done = (await capture(NS, 'deleted')) as Capture;
  expect(done.status?.run?.id).toBe(capturing.status?.run?.id);
  await accounted(done, 9001, 6000);
}, 240_000);

describe('leftovers on a node', () => {
  const old = 'c-1.20200101t000000z-1a2b3c';
  const young = 'c-2.20200101t000000z-1a2b3c';

  test('are removed by age by a sweep that the operator sends, and counted', async () => {
    const spools = { volumes: [{ name: 'spools', hostPath: { path: '/var/lib/packetcapture', type: 'DirectoryOrCreate' } }] };
    await apply(pod(NS, 'spools', IDLE, { node: nodeB, spec: spools, container: { volumeMounts: [{ name: 'spools', mountPath: '/spools' }] } }));
    await runningPodIP(NS, 'spools');
    await exec(NS, 'spools', ['sh', '-c', `cd /spools && mkdir -p ${old} ${young} && head -c 5000 /dev/zero > ${old}/capture && touch -d '3 days ago' ${old}/capture && touch ${young}/capture`]);
    const entry = { dueTime: new Date(0).toISOString(), since: new Date(0).toISOString(), spools: [{ spool: old, reason: 'NodeLost' }] };
    await apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'packetcapture-leftovers', namespace: JOBS_NAMESPACE }, data: { [nodeB]: JSON.stringify(entry) } });
    // It looks there when it begins to lead, and when it noted something itself.
    await kubectl(['delete', 'pod', '-n', SYSTEM_NAMESPACE, await whole(), '--wait=false']);

    await eventually('the node was swept, and is to be swept again when the next one is old', async () => {
      const listed = await get<{ data?: Record<string, string> }>('configmap', JOBS_NAMESPACE, 'packetcapture-leftovers');
      const next = JSON.parse(listed?.data?.[nodeB] ?? 'null') as typeof entry | null;
      return next && Date.parse(next.dueTime) > Date.now();
    }, { timeoutMs: 90_000, everyMs: 500 });
    const left = (await exec(NS, 'spools', ['ls', '/spools'])).split('\n');
    expect([left.includes(old), left.includes(young)]).toEqual([false, true]);
    const events = await list<{ reason: string; message: string; involvedObject: { name: string } }>('events', 'default');
    const told = events.filter(({ reason, involvedObject }) => reason === 'LeftoversRemoved' && involvedObject.name === nodeB).at(-1)?.message ?? 'nothing';
    // What earlier tests left there goes with it.
    expect(Number(/(\d+) bytes/.exec(told)?.[1])).toBeGreaterThanOrEqual(5000);
    await eventually('its Job is gone', async () => (await list('jobs', JOBS_NAMESPACE, 'app.kubernetes.io/component=sweep')).length === 0, { timeoutMs: 30_000, everyMs: 300 });
    await exec(NS, 'spools', ['rm', '-rf', `/spools/${young}`]);
    await kubectl(['delete', 'configmap', '-n', JOBS_NAMESPACE, 'packetcapture-leftovers', '--ignore-not-found']);
  }, 240_000);
});
