import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../../integration/eventually.js';
import { pcaps } from '../support/bucket.js';
import { applyCapture, capture, captureThat, inPhase, jobsOf, recordOf, stop, waitComplete, type Capture } from '../support/captures.js';
import { cleanUp, readyDestination } from '../support/destination.js';
import { apply } from '../support/kubectl.js';
import { isReady, leaderMetrics, operatorPods, removeAll, whole } from '../support/operator.js';
import { account, numbers } from '../support/packets.js';
import { freshNamespace, NODES, pod, podStatus, RECEIVER, runningPodIP, runToEnd, sendNumbers } from '../support/workload.js';

const NS = 'e2e-operator-restart';
const [nodeA, nodeB] = NODES;
let storage: object;

afterAll(() => cleanUp(NS, 'e2e-operator-restart'), 240_000);

beforeAll(async () => {
  await freshNamespace(NS);
  storage = await readyDestination('e2e-operator-restart');
  await apply(pod(NS, 'receiver', RECEIVER, { node: nodeA }));
  // Something for files to hold before the numbers come, which go to another port.
  await apply(pod(NS, 'chatter', sendNumbers(await runningPodIP(NS, 'receiver'), 9001, 100_000, 50), { node: nodeB, spec: { restartPolicy: 'Never' } }));
  await runningPodIP(NS, 'chatter');
}, 240_000);

/** Both at once: nobody is left to take over before there is another. */
async function killOperators(): Promise<void> {
  const before = (await operatorPods()).map(({ metadata }) => metadata.uid);
  await removeAll();
  await eventually('another operator is ready', async () => (await operatorPods()).some((p) => !before.includes(p.metadata.uid) && isReady(p)), { timeoutMs: 60_000, everyMs: 200 });
}

const REACHED: Record<string, (name: string) => Promise<unknown>> = {
  'the target is awaited': (name) => captureThat(NS, name, 'it waits', (c) => c.status?.phase === 'Pending'),
  'the record is written': (name) => eventually('the record is there', async () => {
    const object = await capture(NS, name);
    return object && (await recordOf(object));
  }, { everyMs: 20 }),
  'the Job exists': (name) => eventually('the Job is there', async () => {
    const object = await capture(NS, name);
    return object && (await jobsOf(object)).length > 0;
  }, { everyMs: 20 }),
  'it captures': (name) => inPhase(NS, name, 'Capturing'),
  'files are in the bucket': (name) => captureThat(NS, name, 'a first file is in the bucket', (c) => (c.status?.files?.uploaded ?? 0) > 0),
  'it is complete': (name) => inPhase(NS, name, 'Complete'),
};

describe('all operators are killed when', () => {
  test.each(Object.keys(REACHED).map((when, n) => [when, `killed-${n}`] as const))('%s: the run goes on with the same Job and keys', async (when, name) => {
    const target = when === 'the target is awaited' ? 'late' : 'receiver';
    await applyCapture(NS, name, { target: { podName: target }, filter: 'udp', duration: when === 'it is complete' ? '5s' : '10m', ring: { rotateInterval: '2s' }, ...storage });
    await REACHED[when]?.(name);
    const before = (await capture(NS, name)) as Capture;
    const jobs = (await jobsOf(before)).map((job) => job.metadata.uid);
    await killOperators();
    if (target === 'late') {
      // What counts it from its first packet on.
      await whole();
      await apply(pod(NS, 'late', RECEIVER, { node: nodeA }));
      await runningPodIP(NS, 'late');
    }
    if (when !== 'it is complete') {
      await inPhase(NS, name, 'Capturing');
      const ip = (await podStatus(NS, target))?.status.podIP ?? '';
      await runToEnd(NS, `sender-${name}`, sendNumbers(ip, 9000, 300, 300), nodeB);
      await stop(NS, name);
    }
    await waitComplete(NS, name);
    const done = (await capture(NS, name)) as Capture;
    if (before.status?.run) expect(done.status?.run?.id).toBe(before.status.run.id);
    if (jobs.length > 0) expect((await jobsOf(done)).map((job) => job.metadata.uid)).toEqual(jobs);
    expect(await jobsOf(done)).toHaveLength(1);
    const prefix = done.status?.run?.destination?.prefix ?? 'none';
    if (when !== 'it is complete') expect(account(await numbers(prefix, 9000), 300)).toEqual({ missing: [], doubled: [] });
    expect((await pcaps(prefix)).length).toBe(done.status?.files?.uploaded);
    expect(done.status).toMatchObject({ gaps: { count: 0 }, packets: { pending: 0, lost: 0 } });

    // The operator that leads now has counted what was new to it, and nothing that its predecessor wrote down.
    const metrics = await leaderMetrics();
    const counted = ['captured_packets_total', 'uploaded_packets_total', 'runs_finished_total{outcome="Complete"}'].map((metric) => metrics.get(`packetcapture_${metric}`) ?? NaN) as [number, number, number];
    const [captured, uploaded] = [done.status?.packets?.captured ?? NaN, done.status?.packets?.uploaded ?? NaN];
    if (when === 'it is complete') expect(counted).toEqual([0, 0, 0]);
    else if (target === 'late') expect([...counted, metrics.get('packetcapture_upload_duration_seconds_count')]).toEqual([captured, uploaded, 1, done.status?.files?.uploaded]);
    else {
      expect(counted[0]).toBeGreaterThanOrEqual(300);
      expect(counted[0]).toBeLessThanOrEqual(captured - (before.status?.packets?.captured ?? 0));
      expect(counted[2]).toBe(1);
    }
  }, 180_000);
});
