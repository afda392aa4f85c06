// What a kubelet asks: of a leader, of a standby, of one that hangs, and while the API server is away.
import { createServer } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startHealthServer } from '../../../src/operator/health.js';
import { eventually } from '../eventually.js';
import { operatorScene, type OperatorProcess, type OperatorScene } from './scene.js';

const ELECTION = ['--leader-elect-lease-duration=4s', '--leader-elect-renew-deadline=3s', '--leader-elect-retry-period=300ms'];

let scene: OperatorScene;
let leader: OperatorProcess;
let ports: [number, number];

beforeAll(async () => {
  scene = await operatorScene('health/');
  ports = await freePorts();
}, 120_000);
afterAll(() => scene.stop(), 30_000);

/** As a kubelet asks; no answer in time is a failure. */
async function probe(port: number, path: string): Promise<number | 'no answer'> {
  try {
    return (await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(1000) })).status;
  } catch {
    return 'no answer';
  }
}
const becomes = (port: number, path: string, status: number): Promise<true> => eventually(`${path} says ${status}`, async () => (await probe(port, path)) === status, { timeoutMs: 30_000 });

test('a leader and a standby are ready and healthy alike', async () => {
  leader = scene.startOperator([...ELECTION, `--health-port=${ports[0]}`]);
  await becomes(ports[0], '/readyz', 200);
  scene.startOperator([...ELECTION, `--health-port=${ports[1]}`]);
  await becomes(ports[1], '/readyz', 200);
  expect(await Promise.all(ports.map((port) => probe(port, '/healthz')))).toEqual([200, 200]);
  expect(await probe(ports[0], '/other')).toBe(404);
}, 60_000);

test('one that hangs gives no answer', async () => {
  leader.child.kill('SIGSTOP');
  expect(await probe(ports[0], '/healthz')).toBe('no answer');
  leader.child.kill('SIGKILL');
}, 60_000);

test('a standby stays healthy and ready while the API server is away, and leads once it is back', async () => {
  await scene.apiServer.halt();
  expect([await probe(ports[1], '/healthz'), await probe(ports[1], '/readyz')]).toEqual([200, 200]);
  await scene.apiServer.resume();
  const lease = () => scene.apiServer.kubectl(['get', 'lease', 'packetcapture-operator', '-n', 'packetcapture-system', '-o', 'jsonpath={.spec.leaseTransitions}']);
  await eventually('it leads', async () => (await lease()) === '1', { timeoutMs: 30_000 });
}, 120_000);

test('without its caches no operator is ready, and it is not restarted for that', async () => {
  await scene.apiServer.halt();
  const [port] = await freePorts();
  const before = scene.startOperator([...ELECTION, `--health-port=${port}`]);
  await becomes(port, '/healthz', 200);
  expect(await probe(port, '/readyz')).toBe(503);
  before.child.kill('SIGTERM');
  expect(await eventually('it ends all the same', () => before.child.exitCode ?? before.child.signalCode ?? undefined)).toBe(0);
}, 60_000);

test('what only a restart mends is said', async () => {
  const server = await startHealthServer(0, { ailment: () => 'the lease was lost, and the process did not end', isReady: () => true });
  const { port } = server.address() as { port: number };
  const answer = await fetch(`http://127.0.0.1:${port}/healthz`);
  expect([answer.status, await answer.text()]).toEqual([503, 'the lease was lost, and the process did not end\n']);
  server.close();
});

async function freePorts(): Promise<[number, number]> {
  const servers = await Promise.all([1, 2].map(() => new Promise<ReturnType<typeof createServer>>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => resolve(server));
  })));
  const found = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return found as [number, number];
}
