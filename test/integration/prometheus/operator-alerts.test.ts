// Alerts whose faults take long or need a whole cluster's room: of an operator as a process of its own on a real API server, whose pods do what the test says. The shipped rules, thirty times as fast.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { hurried } from '../../prometheus/hurried.js';
import { freePort, startPrometheus, type Prometheus } from '../../prometheus/prometheus.js';
import { eventually } from '../eventually.js';
import { aCapture, aPodOf, JOBS_NAMESPACE, list, operatorScene, podIsDone, records, type OperatorScene } from '../operator/scene.js';
import { JOBS, PODS } from '../../../src/kube/resources.js';

const LIMITS = { timeoutMs: 90_000, everyMs: 200 };
let scene: OperatorScene;
let prometheus: Prometheus;

beforeAll(async () => {
  scene = await operatorScene('alerts/');
  const port = await freePort();
  scene.startOperator([`--metrics-port=${port}`, '--max-captures-per-namespace=1', '--start-deadline=10m', '--leader-elect-lease-duration=4s', '--leader-elect-renew-deadline=3s', '--leader-elect-retry-period=300ms']);
  await eventually('it leads', async () => (await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()).includes('packetcapture_leader 1'), LIMITS);
  prometheus = await startPrometheus({ targets: [{ targets: [`127.0.0.1:${port}`] }], rules: hurried(readFileSync('examples/prometheus/packetcapture.rules.yml', 'utf8'), 30), scrapeIntervalMs: 1000 });
  await eventually('Prometheus sees the leader, and no alert', async () => (await prometheus.query('packetcapture_leader == 1')).length === 1 && !(await prometheus.alerts()).some(({ name }) => name === 'PacketCaptureNoLeader'), LIMITS);
  sinceMs = Date.now();
}, 180_000);
afterAll(async () => {
  await prometheus?.stop();
  await scene.stop();
}, 30_000);

/** Rules are judged before anything is scraped: then there is no leader. */
let sinceMs: number;
const everFired = (): Promise<string[]> => prometheus.firedSince(sinceMs);
const fires = (alert: string): Promise<unknown> => eventually(`${alert} fires`, async () => (await prometheus.alerts()).some(({ name, state }) => name === alert && state === 'firing'), LIMITS);

/** What Job controller, kubelet and agents do. Each agent says that it listened a minute after the run began. */
async function agentsWork(): Promise<void> {
  const pods = await list(scene.admin, PODS, JOBS_NAMESPACE);
  for (const job of await list(scene.admin, JOBS, JOBS_NAMESPACE)) if (!pods.some(({ metadata }) => metadata.name === job.metadata.name)) await aPodOf(scene.admin, job, job.metadata.name);
  for (const { run } of await records(scene.admin)) {
    const { podName, podUID } = run.nodes[0]?.addressed ?? {};
    if (podName !== undefined && podUID !== undefined && !run.result) await podIsDone(scene.admin, podName, run.id, podUID, new Date(Date.parse(run.startTime) + 60_000).toISOString());
  }
}

test('PacketCaptureQueuedTooLong: two captures wait behind one that does not end', async () => {
  for (const name of ['first', 'second', 'third']) await aCapture(scene.admin, name);
  await eventually('two wait', async () => (await prometheus.query('packetcapture_captures_queued'))[0]?.value === 2, LIMITS);
  expect(await everFired()).toEqual([]);
  await fires('PacketCaptureQueuedTooLong');
  expect(await everFired()).toEqual(['PacketCaptureQueuedTooLong']);
}, 200_000);

test('PacketCaptureStartsSlow: each of the three is told to have listened a minute late', async () => {
  await eventually('all three ended', async () => {
    await agentsWork();
    return (await prometheus.query('sum(packetcapture_run_start_duration_seconds_count)'))[0]?.value === 3;
  }, LIMITS);
  await fires('PacketCaptureStartsSlow');
  expect(await everFired()).toEqual(['PacketCaptureQueuedTooLong', 'PacketCaptureStartsSlow']);
}, 200_000);
