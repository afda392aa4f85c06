// The alerts in real faults of a real cluster: a real Prometheus scrapes the deployed operator and judges the shipped rules, thirty times as fast.
// Each fires in its own fault, and none before anybody made one.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../../integration/eventually.js';
import { hurried } from '../../prometheus/hurried.js';
import { operatorPods } from '../../prometheus/operator-pods.js';
import { startPrometheus, type Prometheus } from '../../prometheus/prometheus.js';
import { probesOnlyBucket, removeAll } from '../support/bucket.js';
import { applyCapture, capture, inPhase, POD_GONE_MS, podsOf, stop, waitComplete } from '../support/captures.js';
import { applyKeys, cleanUp, destinationObject, readyDestination } from '../support/destination.js';
import { apply, kubectl } from '../support/kubectl.js';
import { scale, whole } from '../support/operator.js';
import { freshNamespace, NODES, pod, RECEIVER, runningPodIP, runToEnd, sendNumbers } from '../support/workload.js';

const NS = 'e2e-alerts';
const REFUSED = 'e2e-alerts-refused';
const NO_KEYS = 'e2e-alerts-no-keys';
const [nodeA, nodeB] = NODES;
const TIMES = 30;
let prometheus: Prometheus;
let refusing: Awaited<ReturnType<typeof probesOnlyBucket>>;
let storage: object;
let ip: string;
let sinceMs: number;

beforeAll(async () => {
  await freshNamespace(NS);
  // What an earlier run left would be told of as well.
  await kubectl(['delete', 'clustercapturedestinations.packetcapture.dev', NO_KEYS, REFUSED, '--ignore-not-found']);
  refusing = await probesOnlyBucket(`${REFUSED}/${NS}/`);
  storage = await readyDestination(NS);
  await apply(pod(NS, 'receiver', RECEIVER, { node: nodeA }));
  ip = await runningPodIP(NS, 'receiver');
  await whole();
  prometheus = await startPrometheus({ ...operatorPods(), rules: hurried(readFileSync('examples/prometheus/packetcapture.rules.yml', 'utf8'), TIMES), scrapeIntervalMs: 1000 });
  // Rules are judged before anything is scraped: then there is no leader.
  await eventually('Prometheus sees the leader, and no alert', async () => (await prometheus.query('packetcapture_leader == 1')).length === 1 && !(await prometheus.alerts()).some(({ name }) => name === 'PacketCaptureNoLeader'), { timeoutMs: 60_000 });
  sinceMs = Date.now();
}, 240_000);

afterAll(async () => {
  await prometheus?.stop();
  await scale(2);
  await refusing?.allow();
  await cleanUp(NS, NS, REFUSED, NO_KEYS);
  await removeAll(`${REFUSED}/`, refusing?.bucket);
  await whole();
}, 400_000);

/** Also those that fire no more. */
const everFired = (): Promise<string[]> => prometheus.firedSince(sinceMs);

const made: string[] = [];
/** Resolves once it fires; fails where one fired of whose fault nothing was made. */
async function fires(alert: string, labels: object = {}): Promise<void> {
  const found = await eventually(`${alert} fires`, async () => (await prometheus.alerts()).find(({ name, state }) => name === alert && state === 'firing'), { timeoutMs: POD_GONE_MS, everyMs: 200 });
  expect(found.labels).toMatchObject(labels);
  expect(Object.values(found.annotations).join('\n')).not.toMatch(/\{\{|<no value>|<error/);
  made.push(alert);
}
const nothingElseFired = async (): Promise<void> => expect((await everFired()).filter((alert) => !made.includes(alert))).toEqual([]);
const receives = (name: string, port: number, packets: number, rate: number): Promise<void> => runToEnd(NS, name, sendNumbers(ip, port, packets, rate), nodeB);

test('nothing fires while captures begin, deliver and become complete', async () => {
  await applyCapture(NS, 'good', { target: { podName: 'receiver' }, filter: 'udp port 9000', duration: '10m', ring: { rotateInterval: '2s' }, ...storage });
  await inPhase(NS, 'good', 'Capturing');
  await receives('to-good', 9000, 2000, 500);
  await stop(NS, 'good');
  await waitComplete(NS, 'good');
  expect((await prometheus.query('sum(packetcapture_uploaded_packets_total)'))[0]?.value).toBeGreaterThan(0);
  expect(await everFired()).toEqual([]);
}, 200_000);

test('PacketCaptureDestinationNotReady: keys that the store does not know', async () => {
  await applyKeys(NO_KEYS, 'nobody', 'nothing');
  await apply(destinationObject(NO_KEYS, NO_KEYS));
  await fires('PacketCaptureDestinationNotReady', { destination: NO_KEYS, severity: 'warning' });
  await nothingElseFired();
}, 250_000);

test('PacketCaptureRunsFailing: three captures of an interface that is not there', async () => {
  for (const name of ['wrong-1', 'wrong-2', 'wrong-3']) await applyCapture(NS, name, { target: { podName: 'receiver' }, interface: 'eth7', duration: '5s', ...storage });
  await fires('PacketCaptureRunsFailing');
  await nothingElseFired();
}, 250_000);

test('PacketCaptureGaps: a capture pod is deleted', async () => {
  await applyCapture(NS, 'gap', { target: { podName: 'receiver' }, filter: 'udp port 9000', duration: '0s', upload: { policy: 'OnDemand' }, ...storage });
  const [first] = await podsOf(await inPhase(NS, 'gap', 'Capturing'));
  await kubectl(['delete', 'pod', '-n', 'packetcapture-jobs', first?.metadata.name ?? '', '--wait=false']);
  await fires('PacketCaptureGaps');
  await nothingElseFired();
  await kubectl(['delete', 'packetcaptures.packetcapture.dev', 'gap', '-n', NS, '--timeout=60s']);
}, 400_000);

test('PacketCaptureUploadsFailing and PacketCaptureSpoolFilling: the bucket takes probes and no files, and most of the spool is used', async () => {
  const refused = await readyDestination(REFUSED, { bucket: refusing.bucket });
  await applyCapture(NS, 'refused', { target: { podName: 'receiver' }, filter: 'udp port 9001', duration: '10m', ring: { fileSize: '1M', rotateInterval: '2s' }, spool: { maxSize: '20M' }, ...refused });
  await inPhase(NS, 'refused', 'Capturing');
  // About 565 bytes each: seven eighths.
  await receives('to-refused', 9001, 31_000, 2000);
  await fires('PacketCaptureUploadsFailing', { severity: 'critical' });
  await fires('PacketCaptureSpoolFilling', { node: nodeA });
  await nothingElseFired();
}, 200_000);

test('PacketCapturePacketsLost: more than the spool holds', async () => {
  await receives('too-many', 9001, 12_000, 2000);
  await fires('PacketCapturePacketsLost', { reason: 'SpoolFull' });
  await nothingElseFired();
  expect((await capture(NS, 'refused'))?.status?.packets?.lost).toBeGreaterThan(0);
}, 250_000);

test('PacketCaptureNoLeader: there is no operator', async () => {
  await scale(0);
  await fires('PacketCaptureNoLeader', { severity: 'critical' });
  expect(await everFired()).toEqual([...made].sort());
}, 250_000);
