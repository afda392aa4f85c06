// The dashboard's queries, asked of a real Prometheus that scrapes both operator pods while packets are captured and delivered.
import { afterAll, beforeAll, test } from '@jest/globals';
import { ROWS } from '../../hack/dashboard/panels.js';
import { filled } from '../../hack/dashboard/promql.js';
import { eventually } from '../integration/eventually.js';
import { operatorPods } from '../prometheus/operator-pods.js';
import { startPrometheus, type Prometheus, type Sample } from '../prometheus/prometheus.js';
import { applyCapture, captureThat } from './support/captures.js';
import { cleanUp, readyDestination } from './support/destination.js';
import { apply } from './support/kubectl.js';
import { freshNamespace, NODES, pod, RECEIVER, runningPodIP, sendNumbers } from './support/workload.js';

const NS = 'e2e-dashboard';
const [node] = NODES;
const panels = ROWS.flatMap((row) => row.panels);
let prometheus: Prometheus;

/** What a panel shows now. Others capture too: what it says is at least what this file did. */
const shown = async (title: string): Promise<Sample[]> => {
  const queries = panels.find((panel) => panel.title === title)?.queries ?? [];
  return (await Promise.all(queries.map(({ expr }) => prometheus.query(filled(expr, { rateInterval: '1m', range: '10m' }))))).flat();
};
const until = (what: string, title: string, holds: (samples: Sample[]) => boolean): Promise<Sample[]> =>
  eventually(what, async () => {
    const samples = await shown(title);
    return holds(samples) ? samples : undefined;
  }, { timeoutMs: 90_000, everyMs: 500 });

beforeAll(async () => {
  await freshNamespace(NS);
  const [storage] = await Promise.all([readyDestination(NS), apply(pod(NS, 'receiver', RECEIVER, { node }))]);
  prometheus = await startPrometheus({ ...operatorPods(), scrapeIntervalMs: 1000 });
  await eventually('both replicas are scraped', async () => (await prometheus.query('packetcapture_build_info')).length >= 2, { timeoutMs: 60_000, everyMs: 500 });
  await apply(pod(NS, 'sender', sendNumbers(await runningPodIP(NS, 'receiver'), 9000, 1_000_000, 100), { node, spec: { restartPolicy: 'Never' } }));
  await applyCapture(NS, 'shown', { target: { podName: 'receiver' }, filter: 'udp port 9000', duration: '10m', ring: { rotateInterval: '1s' }, ...storage });
  await captureThat(NS, 'shown', 'files of it are in the bucket', (c) => (c.status?.files?.uploaded ?? 0) > 1);
}, 300_000);
afterAll(async () => {
  await prometheus?.stop();
  await cleanUp(NS, NS);
}, 240_000);

test.each(panels.map(({ title }) => title))('%s: each of its queries has an answer', async (title) => {
  for (const { expr } of panels.find((panel) => panel.title === title)?.queries ?? []) {
    await eventually(`an answer to ${expr}`, async () => (await prometheus.query(filled(expr, { rateInterval: '1m', range: '10m' }))).length > 0, { timeoutMs: 60_000, everyMs: 500 });
  }
}, 120_000);

test('of two replicas one leads, and both are shown', async () => {
  await until('one leads', 'Leaders', ([leaders]) => leaders?.value === 1);
  await until('both are there', 'Replicas', ([replicas]) => (replicas?.value ?? 0) >= 2);
  await until('both have memory', 'Memory', (samples) => samples.length >= 2 && samples.every(({ value }) => value > 10e6));
}, 120_000);

test('the destination is ready, and the capture is among those that capture', async () => {
  await until('the destination is ready', 'Destinations', (samples) => samples.some(({ metric, value }) => metric['destination'] === NS && value === 1));
  await until('a capture captures', 'Captures by phase', (samples) => samples.some(({ metric, value }) => metric['phase'] === 'Capturing' && value >= 1));
}, 120_000);

test.each(['Packets', 'Bytes'])('%s: captured and uploaded both grow', async (title) => {
  await until('both grow', title, ([captured, uploaded]) => (captured?.value ?? 0) > 0 && (uploaded?.value ?? 0) > 0);
}, 120_000);

test('uploads and the start of the run took their time, and its node has files', async () => {
  await until('uploads are timed', 'Upload duration', (samples) => samples.length === 3 && samples.every(({ value }) => value > 0));
  await until('the start is timed', 'Time to start a run', (samples) => samples.length === 2 && samples.every(({ value }) => value > 0));
  await until('the spool is seen', 'Spool used, of its limit', (samples) => samples.some(({ metric, value }) => metric['node'] === node && value > 0 && value < 1));
}, 240_000);
