// What Prometheus scrapes of a leader and of a standby, on a real API server: as processes, from captures, failures and an API server that went away.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { METRICS, type Metric } from '../../../src/operator/metrics/catalogue.js';
import { binary } from '../../prometheus/prometheus.js';
import { eventually } from '../eventually.js';
import { aCapture, JOBS_NAMESPACE, NAMESPACE, operatorScene, SYSTEM_NAMESPACE, type OperatorProcess, type OperatorScene } from './scene.js';

/** No pod ever runs here: captures are to stay in the phase that they have. */
const FLAGS = ['--start-deadline=1h'];
const LIMITS = { timeoutMs: 90_000, everyMs: 200 };

let scene: OperatorScene;
let ports: number[];
let leader: OperatorProcess;

/** Series by name and labels as they stand in the text. */
type Scrape = Map<string, number>;

const text = async (port: number): Promise<string> => {
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`, { signal: AbortSignal.timeout(10_000) });
  if (answer.status !== 200) throw new Error(`HTTP ${answer.status}`);
  return answer.text();
};
const scrape = async (port: number): Promise<Scrape> =>
  new Map((await text(port)).split('\n').filter((line) => line !== '' && !line.startsWith('#')).map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]));
const is = (port: number, series: string, holds: (value: number) => boolean): Promise<Scrape> =>
  eventually(series, async () => {
    const all = await scrape(port);
    if (!holds(all.get(series) ?? NaN)) throw new Error(`${series} is ${all.get(series)}`);
    return all;
  }, LIMITS);
const says = (port: number, series: string, value: number): Promise<Scrape> => is(port, series, (found) => found === value);
const namesOf = (all: Scrape): Set<string> => new Set([...all.keys()].map((series) => (series.split('{')[0] as string)));

beforeAll(async () => {
  scene = await operatorScene('metrics/');
  ports = await freePorts(2);
  leader = scene.startOperator([...FLAGS, `--metrics-port=${ports[0]}`], { POD_NAME: 'operator-0' });
  await says(ports[0] as number, 'packetcapture_leader', 1);
  scene.startOperator([...FLAGS, `--metrics-port=${ports[1]}`], { POD_NAME: 'operator-1' });
  await says(ports[1] as number, 'packetcapture_leader', 0);
}, 300_000);
afterAll(() => scene.stop(), 30_000);

test('the leader tells of the installation, the standby of itself alone', async () => {
  const [leads, stands] = await Promise.all(ports.map(scrape)) as [Scrape, Scrape];
  for (const [name, { of, type }] of Object.entries(METRICS) as [string, Metric][]) {
    const first = type === 'histogram' ? `${name}_count` : name;
    if (of === 'installation') expect([name, namesOf(stands).has(first)]).toEqual([name, false]);
    // Of nodes nobody has heard yet.
    if (!name.startsWith('packetcapture_spool_') && name !== 'packetcapture_destination_ready') expect([name, namesOf(of === 'replica' ? stands : leads).has(first)]).toEqual([name, true]);
  }
  for (const all of [leads, stands]) expect([...namesOf(all)]).toEqual(expect.arrayContaining(['packetcapture_build_info', 'process_resident_memory_bytes', 'nodejs_eventloop_lag_seconds']));
  expect(stands.get('packetcapture_kube_requests_total{verb="list",code="200"}')).toBeGreaterThan(0);
});

test('a capture and a destination change what the leader tells', async () => {
  const [port] = ports as [number];
  await says(port, 'packetcapture_destination_ready{destination="team"}', 1);
  await aCapture(scene.admin, 'telling-name');
  await aCapture(scene.admin, 'waits-for-nobody', { target: { podName: 'absent-pod' } });
  await says(port, 'packetcapture_captures{phase="Starting"}', 1);
  const all = await says(port, 'packetcapture_captures{phase="Pending"}', 1);
  expect(all.get('packetcapture_reconcile_duration_seconds_count{controller="capture"}')).toBeGreaterThan(0);
  expect(all.get('packetcapture_reconcile_duration_seconds_count{controller="destination"}')).toBeGreaterThan(0);
  expect(all.get('packetcapture_kube_requests_total{verb="create",code="201"}')).toBeGreaterThan(0);
  await is(port, 'packetcapture_workqueue_depth{controller="capture"}', (depth) => depth === 0);
}, 400_000);

test('neither names a tenant, what it captures, where it goes, nor a key', async () => {
  const { SANDBOX_S3_ENDPOINT: endpoint = '', SANDBOX_S3_BUCKET: bucket = '', SANDBOX_S3_ACCESS_KEY_ID: key = '', SANDBOX_S3_SECRET_ACCESS_KEY: secret = '' } = process.env;
  const words = [NAMESPACE, JOBS_NAMESPACE, SYSTEM_NAMESPACE, 'telling-name', 'waits-for-nobody', 'web-0', 'absent-pod', '10.0.0.7', new URL(endpoint).host, bucket, key, secret];
  for (const port of ports) {
    const values = [...(await scrape(port)).keys()].flatMap((series) => [...series.matchAll(/="((?:[^"\\]|\\.)*)"/g)].map(([, value]) => value as string));
    expect(values.length).toBeGreaterThan(20);
    for (const word of words) expect(values.filter((value) => new RegExp(`(^|\\W)${word.replace(/\W/g, '\\$&')}(\\W|$)`).test(value))).toEqual([]);
  }
});

test('promtool has nothing against it', async () => {
  for (const port of ports) {
    expect(await promtool(['check', 'metrics'], await text(port))).toBe('0 ');
  }
});

test('Prometheus takes the job that the page shows', async () => {
  const [, config = ''] = /^ {2}prometheus\.yml: \|\n((?: {4}.*\n)+)/m.exec(readFileSync(new URL('../../../docs/metrics.md', import.meta.url), 'utf8')) ?? [];
  const folder = await mkdtemp(path.join(tmpdir(), 'scrape-'));
  await writeFile(path.join(folder, 'prometheus.yml'), config.replaceAll(/^ {4}/gm, ''));
  expect(await promtool(['check', 'config', path.join(folder, 'prometheus.yml')])).toMatch(/^0 .*is valid prometheus config file syntax/s);
  await rm(folder, { recursive: true });
});

test('a look that fails is counted', async () => {
  const [port] = ports as [number];
  const series = 'packetcapture_reconcile_errors_total{controller="capture"}';
  const before = (await scrape(port)).get(series) as number;
  await scene.apiServer.kubectl(['delete', 'rolebinding', 'operator', '-n', JOBS_NAMESPACE]);
  await aCapture(scene.admin, 'without-rights', { filter: 'udp' });
  await is(port, series, (errors) => errors > before);
  await scene.apiServer.kubectl(['create', 'rolebinding', 'operator', '--role=packetcapture-operator', '--user=operator', '-n', JOBS_NAMESPACE]);
  await says(port, 'packetcapture_captures{phase="Starting"}', 2);
}, 240_000);

test('garbage, and those who connect and say nothing, keep nobody from scraping', async () => {
  const [port] = ports as [number];
  const idle: Socket[] = [];
  for (const bytes of ['', '\0\0\0\r\n\r\n', 'GET /met', `GET /${'x'.repeat(100_000)} HTTP/1.1\r\n\r\n`, 'POST /metrics HTTP/1.1\r\nContent-Length: 999999\r\n\r\nx']) {
    for (let n = 0; n < 8; n++) idle.push(connect(port, '127.0.0.1', function (this: Socket) { this.write(bytes); }).on('error', () => undefined));
  }
  await Promise.all(idle.map((socket) => new Promise<void>((resolve) => (socket.connecting ? socket.once('connect', resolve).once('close', () => resolve()) : resolve()))));
  expect((await scrape(port)).get('packetcapture_leader')).toBe(1);
  for (const socket of idle) socket.destroy();
  expect(leader.child.exitCode).toBeNull();
}, 60_000);

test('watches that an API server breaks off are counted, and one that led no more leaves the installation to the next', async () => {
  const [, port] = ports as [number, number];
  const restarts = 'packetcapture_watch_restarts_total{resource="packetcaptures"}';
  const unanswered = 'packetcapture_kube_requests_total{verb="watch",code="0"}';
  const before = await scrape(port);
  await scene.apiServer.halt();
  await is(port, restarts, (count) => count > (before.get(restarts) as number));
  await is(port, unanswered, (count) => count > (before.get(unanswered) as number));
  await eventually('the leader ends', () => leader.child.exitCode ?? undefined, LIMITS);
  expect(await scrape(port).then((all) => [all.get('packetcapture_leader'), namesOf(all).has('packetcapture_captures')])).toEqual([0, false]);
  await scene.apiServer.resume();
  await says(port, 'packetcapture_leader', 1);
  await says(port, 'packetcapture_captures{phase="Starting"}', 2);
}, 500_000);

/** Its exit code and its words. */
function promtool(args: string[], input = ''): Promise<string> {
  return new Promise((resolve) => {
    const child = execFile(binary('promtool'), args, (error, stdout, stderr) => resolve(`${error?.code ?? 0} ${stdout}${stderr}`));
    child.stdin?.end(input);
  });
}

/** Below those that the system gives to connections: nobody takes one until the operator listens. */
async function freePorts(n: number): Promise<number[]> {
  const found = new Set<number>();
  while (found.size < n) {
    const port = 12_000 + Math.floor(Math.random() * 18_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => server.once('error', () => resolve(false)).listen(port, () => resolve(true)));
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    found.add(port);
  }
  return [...found];
}
