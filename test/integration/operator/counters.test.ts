// Counters over two operators, one after the other, on a real API server: together they count what the capture's status says, once.
import { createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { PACKET_CAPTURES } from '../../../src/api/kinds.js';
import type { PacketCaptureStatus } from '../../../src/api/packetcapture-status.js';
import type { KubeObject } from '../../../src/kube/object.js';
import { JOBS, PODS } from '../../../src/kube/resources.js';
import type { RunRecord } from '../../../src/plan/record.js';
import { emptyLedger, type Ledger } from '../../../src/protocol/ledger.js';
import { REPORT_TAG } from '../../../src/protocol/report.js';
import { eventually } from '../eventually.js';
import { aCapture, aPodOf, JOBS_NAMESPACE, list, NAMESPACE, operatorScene, records, type OperatorProcess, type OperatorScene } from './scene.js';

const LIMITS = { timeoutMs: 60_000, everyMs: 200 };
const NAME = 'counted';
const AGENT = 'agent-of-counted';
let scene: OperatorScene;
let operator: OperatorProcess;
let port: number;

beforeAll(async () => {
  scene = await operatorScene('counters/');
  await start();
}, 180_000);
afterAll(() => scene.stop(), 30_000);

async function start(): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
  await new Promise((resolve) => server.close(resolve));
  operator = scene.startOperator(['--leader-elect=false', `--metrics-port=${port}`]);
}

/** Series of now, each with its value. */
async function scrape(): Promise<Map<string, number>> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`, { signal: AbortSignal.timeout(10_000) })).text();
  return new Map(text.split('\n').filter((line) => line.startsWith('packetcapture_')).map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]));
}
const says = (series: string, value: number): Promise<Map<string, number>> =>
  eventually(`${series} is ${value}`, async () => {
    const all = await scrape();
    return all.get(series) === value && all;
  }, LIMITS);

const COUNTERS = ['captured_packets_total', 'captured_bytes_total', 'uploaded_packets_total', 'uploaded_bytes_total', 'released_packets_total', 'lost_packets_total{reason="RingOverwrote"}', 'lost_packets_total{reason="DroppedByKernel"}', 'gaps_total'];
/** Over all of its policies. */
const spoolOf = (all: Map<string, number>, which: 'used' | 'limit'): number[] => [...all].filter(([series]) => series.startsWith(`packetcapture_spool_${which}_bytes{node="node-a"`)).map(([, bytes]) => bytes);
const countersOf = (all: Map<string, number>): number[] => COUNTERS.map((name) => all.get(`packetcapture_${name}`) ?? NaN);
const capture = async () => (await scene.admin.get(PACKET_CAPTURES, NAMESPACE, NAME)) as KubeObject & { status?: PacketCaptureStatus };
/** The same, as the capture's status says it. */
async function inStatus(): Promise<number[]> {
  const { packets, bytes, gaps } = (await capture()).status ?? {};
  return [packets?.captured, bytes?.captured, packets?.uploaded, bytes?.uploaded, packets?.released, (packets?.discarded ?? 0) - (packets?.released ?? 0), packets?.droppedByKernel, gaps?.count].map((n) => n ?? NaN);
}
const record = async (): Promise<RunRecord | undefined> => (await records(scene.admin)).find((one) => one.capture.name === NAME);

const workOf = (uploads: number, refused: number) => ({ process: 'a', uploads: { counts: [uploads, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], seconds: uploads / 100, errors: { AccessDenied: refused } }, spool: { usedBytes: 1000, maxBytes: 5000 } });
const ledgerOf = (packets: Partial<Ledger['packets']>): Ledger => ({ ...emptyLedger(), packets: { ...emptyLedger().packets, ...packets }, bytes: { captured: (packets.captured ?? 0) * 100, uploaded: (packets.uploaded ?? 0) * 100, pending: (packets.pending ?? 0) * 100, discarded: (packets.discarded ?? 0) * 100 } });

/** What the agent said when its container ended: `lastState` of one that was started again, `state` of the last one. There is no kubelet, whose logs would say it sooner. */
async function agentSaid(where: 'lastState' | 'state', report: object): Promise<void> {
  const pod = (await list(scene.admin, PODS, JOBS_NAMESPACE)).find(({ metadata }) => metadata.name === AGENT);
  const { id, startTime } = (await record())?.run ?? {};
  const message = JSON.stringify({ report: REPORT_TAG, version: 1, runID: id, node: 'node-a', podUID: pod?.metadata.uid, attempt: 1, time: startTime, spool: 's', phase: 'Capturing', captureStartTime: startTime, done: false, ...report });
  const running = where === 'lastState' && { state: { running: { startedAt: startTime } } };
  const containerStatuses = [{ name: 'agent', image: 'x', imageID: 'x', ready: false, restartCount: 1, ...running, [where]: { terminated: { exitCode: where === 'state' ? 0 : 137, message } } }];
  await scene.admin.patch(PODS, JOBS_NAMESPACE, AGENT, { status: { phase: where === 'state' ? 'Succeeded' : 'Running', containerStatuses } }, { type: 'merge', subresource: 'status' });
}

test("an operator counts what agents report, as the capture's status has it", async () => {
  await aCapture(scene.admin, NAME);
  const { jobName } = await eventually('its run is recorded', async () => (await record())?.run.nodes[0], LIMITS);
  await aPodOf(scene.admin, await eventually('its Job is there', async () => (await list(scene.admin, JOBS, JOBS_NAMESPACE)).find(({ metadata }) => metadata.name === jobName), LIMITS), AGENT);
  await eventually('its pod is addressed', async () => (await record())?.run.nodes[0]?.addressed, LIMITS);
  const ledger = ledgerOf({ captured: 10, pending: 10 });
  await agentSaid('lastState', { number: 1, ledger, gaps: { count: 0, seconds: 0 }, work: workOf(1, 0) });
  await says('packetcapture_captured_packets_total', 10);
  // No turn of the run: its record stays as it is.
  const { metadata } = await capture();
  await agentSaid('lastState', { number: 3, ledger: ledgerOf({ captured: 1000, uploaded: 600, pending: 300, discarded: 100, released: 60, droppedByKernel: 5 }), discards: { RingOverwrote: 40 }, gaps: { count: 1, seconds: 2 }, work: workOf(3, 2) });
  const all = await says('packetcapture_captured_packets_total', 1000);
  expect(countersOf(all)).toEqual([1000, 100_000, 600, 60_000, 60, 40, 5, 1]);
  await eventually('the status has it too', async () => JSON.stringify(await inStatus()) === JSON.stringify(countersOf(all)), LIMITS);
  expect((await record())?.run.nodes[0]?.report).toMatchObject({ number: 1, ledger });
  expect((await capture()).metadata.uid).toBe(metadata.uid);
  const others = ['upload_duration_seconds_count', 'upload_errors_total{reason="AccessDenied"}', 'run_start_duration_seconds_count'];
  expect(others.map((name) => all.get(`packetcapture_${name}`))).toEqual([3, 2, 1]);
  expect([spoolOf(all, 'used'), spoolOf(all, 'limit')]).toEqual([[1000], [5000]]);
}, 180_000);

test('its successor counts what is new, and no more: both together have what the finished capture says', async () => {
  const before = countersOf(await scrape());
  operator.child.kill('SIGKILL');
  await start();
  await agentSaid('state', { number: 9, ledger: ledgerOf({ captured: 1700, uploaded: 1590, discarded: 110, released: 60, droppedByKernel: 7 }), discards: { RingOverwrote: 50 }, gaps: { count: 2, seconds: 3 }, phase: 'Done', stopReason: 'Duration', stopTime: new Date().toISOString(), done: true, work: workOf(5, 2) });
  const all = await says('packetcapture_runs_finished_total{outcome="Complete"}', 1);
  expect(countersOf(all)).toEqual([700, 70_000, 990, 99_000, 0, 10, 2, 1]);
  await eventually('the capture is complete', async () => (await capture()).status?.phase === 'Complete', LIMITS);
  expect(await inStatus()).toEqual(countersOf(all).map((n, at) => n + (before[at] as number)));
  expect(all.get('packetcapture_run_start_duration_seconds_count')).toBe(0);
  await eventually('nothing but its record is left', async () => (await record())?.run.collected, LIMITS);
  const later = await scrape();
  expect([countersOf(later), spoolOf(later, 'used')]).toEqual([countersOf(all), []]);
}, 180_000);

test('a third one, which finds it finished, counts nothing of it', async () => {
  operator.child.kill('SIGKILL');
  await start();
  const all = await eventually('it looked at the capture', async () => {
    const now = await scrape();
    return (now.get('packetcapture_reconcile_duration_seconds_count{controller="capture"}') ?? 0) > 0 && now;
  }, LIMITS);
  expect(countersOf(all)).toEqual(COUNTERS.map(() => 0));
}, 120_000);
