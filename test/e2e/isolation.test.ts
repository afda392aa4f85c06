import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../integration/eventually.js';
import { applyCapture, capture, captureThat, inPhase, stop, waitComplete } from './support/captures.js';
import { cleanUp, readyDestination } from './support/destination.js';
import { apply } from './support/kubectl.js';
import { account, numbers, packets } from './support/packets.js';
import { exec, freshNamespace, NODES, pod, podStatus, python, RECEIVER, runningPodIP, runToEnd, sendNumbers } from './support/workload.js';

const NS = 'e2e-isolation';
const [nodeA, nodeB] = NODES;
let web: string;
let neighbour: string;
let storage: object;

const HTTP_LOOP = (url: string, count: number): string[] => python(`
import sys, urllib.request
for _ in range(int(sys.argv[2])): urllib.request.urlopen(sys.argv[1], timeout=5).read()
`, url, String(count));

/** Where its files are, once it was ended and all is delivered. */
async function prefixOf(name: string): Promise<string> {
  await stop(NS, name);
  await waitComplete(NS, name);
  return (await capture(NS, name))?.status?.run?.destination?.prefix ?? 'none';
}

afterAll(() => cleanUp(NS, 'e2e-isolation'), 240_000);

beforeAll(async () => {
  await freshNamespace(NS);
  storage = await readyDestination('e2e-isolation');
  await apply(pod(NS, 'web', RECEIVER, { node: nodeA }), pod(NS, 'neighbour', RECEIVER, { node: nodeA }));
  await apply(pod(NS, 'restarting', RECEIVER, { node: nodeA, spec: { restartPolicy: 'Always' } }));
  await apply(pod(NS, 'crashing', ['sh', '-c', 'exit 1'], { node: nodeB, spec: { restartPolicy: 'Always' } }));
  [web, neighbour] = await Promise.all([runningPodIP(NS, 'web'), runningPodIP(NS, 'neighbour'), runningPodIP(NS, 'restarting')]);
}, 240_000);

test('a filter holds only what it passes, and a second pod of the same node is not heard', async () => {
  await applyCapture(NS, 'filtered', { target: { podName: 'web' }, filter: 'tcp port 8080', duration: '10m', ...storage });
  await applyCapture(NS, 'unfiltered', { target: { podName: 'web' }, duration: '10m', ...storage });
  await Promise.all([inPhase(NS, 'filtered', 'Capturing'), inPhase(NS, 'unfiltered', 'Capturing')]);
  await Promise.all([
    runToEnd(NS, 'udp-to-web', sendNumbers(web, 9000, 500, 500), nodeB),
    runToEnd(NS, 'http-to-web', HTTP_LOOP(`http://${web}:8080/`, 20), nodeB),
    runToEnd(NS, 'udp-to-neighbour', sendNumbers(neighbour, 9001, 500, 500), nodeB),
    runToEnd(NS, 'http-to-neighbour', HTTP_LOOP(`http://${neighbour}:8080/`, 20), nodeB),
  ]);
  const [filtered, unfiltered] = await Promise.all([prefixOf('filtered'), prefixOf('unfiltered')]);

  const seen = await packets(filtered, '', ['ip.proto', 'tcp.port', 'ip.src', 'ip.dst']);
  expect(seen.length).toBeGreaterThanOrEqual(20 * 8);
  expect(seen.filter(([proto, ports]) => proto !== '6' || !ports?.split(',').includes('8080'))).toEqual([]);
  expect((await packets(filtered, 'http.request', ['frame.number'])).length).toBe(20);

  expect(account(await numbers(unfiltered, 9000), 500)).toEqual({ missing: [], doubled: [] });
  expect(await packets(unfiltered, `ip.addr == ${neighbour}`, ['ip.src'])).toEqual([]);
  expect(await numbers(unfiltered, 9001)).toEqual([]);
}, 180_000);

test('loopback traffic inside the pod is there with interface any', async () => {
  await applyCapture(NS, 'loopback', { target: { podName: 'web' }, filter: 'udp port 9001', duration: '10m', ...storage });
  await inPhase(NS, 'loopback', 'Capturing');
  await exec(NS, 'web', sendNumbers('127.0.0.1', 9001, 100, 500));
  const prefix = await prefixOf('loopback');
  const seen = new Set(await numbers(prefix, 9001));
  expect(seen.size).toBe(100);
  expect(await packets(prefix, 'ip.addr != 127.0.0.1', ['ip.src'])).toEqual([]);
}, 90_000);

describe('what ends nothing', () => {
  test('a container that restarts in the target', async () => {
    const ip = await runningPodIP(NS, 'restarting');
    await applyCapture(NS, 'restart', { target: { podName: 'restarting' }, filter: 'udp', duration: '10m', ...storage });
    await inPhase(NS, 'restart', 'Capturing');
    await exec(NS, 'restarting', ['python3', '-c', 'import os, signal; os.kill(1, signal.SIGINT)']).catch(() => undefined);
    await eventually('the container has restarted', async () => {
      const status = (await podStatus(NS, 'restarting'))?.status.containerStatuses?.[0];
      return (status?.restartCount ?? 0) >= 1 && status?.ready;
    }, { timeoutMs: 60_000, everyMs: 200 });
    await runToEnd(NS, 'udp-to-restarted', sendNumbers(ip, 9000, 500, 500), nodeB);
    const prefix = await prefixOf('restart');
    expect(account(await numbers(prefix, 9000), 500)).toEqual({ missing: [], doubled: [] });
    const { status } = (await capture(NS, 'restart')) ?? {};
    expect(status).toMatchObject({ gaps: { count: 0 }, run: { stopReason: 'Requested' } });
    expect(status?.targets).toHaveLength(1);
  }, 120_000);

  test('a target in a crash loop', async () => {
    const crashing = await captureIP('crashing');
    await applyCapture(NS, 'crash-loop', { target: { podName: 'crashing' }, filter: 'udp port 9000', duration: '10m', ...storage });
    await inPhase(NS, 'crash-loop', 'Capturing');
    await runToEnd(NS, 'udp-to-crashing', sendNumbers(crashing, 9000, 300, 300), nodeA);
    expect(account(await numbers(await prefixOf('crash-loop'), 9000), 300)).toEqual({ missing: [], doubled: [] });
    expect((await podStatus(NS, 'crashing'))?.status.containerStatuses?.[0]?.ready).toBe(false);
  }, 120_000);
});

test('a pod on the network of its node is refused, and the flag that allows it is named', async () => {
  await apply(pod(NS, 'on-host', ['sleep', '100000'], { node: nodeA, spec: { hostNetwork: true } }));
  await runningPodIP(NS, 'on-host');
  await applyCapture(NS, 'host', { target: { podName: 'on-host' }, duration: '5s', ...storage });
  const refused = await captureThat(NS, 'host', 'it is refused', (c) => c.status?.conditions?.some((x) => x.type === 'Stalled' && x.status === 'True') ?? false);
  const stalled = refused.status?.conditions?.find((c) => c.type === 'Stalled');
  expect(stalled).toMatchObject({ reason: 'HostNetworkRefused' });
  expect(stalled?.message).toContain('--allow-host-network');
}, 60_000);

async function captureIP(name: string): Promise<string> {
  return eventually(`pod ${name} has an address`, async () => (await podStatus(NS, name))?.status.podIP, { timeoutMs: 60_000, everyMs: 200 });
}
