// Leader election between real processes over a real API server: killed, stopped in good order, put to sleep, cut off. Never do two act.
import { type ChildProcess, spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createKube } from '../../../src/kube/client.js';
import { Elector } from '../../../src/kube/elector.js';
import type { Kube } from '../../../src/kube/kube.js';
import type { Lease } from '../../../src/kube/lease.js';
import type { KubeObject } from '../../../src/kube/object.js';
import { Reflector } from '../../../src/kube/reflector.js';
import { CONFIG_MAPS, LEASES } from '../../../src/kube/resources.js';
import { type ApiServer, startApiServer } from '../api-server.js';
import { bundle } from '../bundle.js';
import { eventually } from '../eventually.js';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.js';

/** What the operator has by default. */
const DEFAULTS = [12_000, 8000, 1500] as const;
const FAST = [3000, 2000, 300] as const;

let apiServer: ApiServer;
let admin: Kube;
let program: string;

beforeAll(async () => {
  apiServer = await startApiServer();
  admin = createKube(apiServer.kubeConfig, { userAgent: 'test/1' });
  program = bundle('test/integration/kube/elector-process.ts');
}, 60_000);
afterAll(async () => {
  admin.close();
  await apiServer.stop();
}, 30_000);

interface Replica {
  child: ChildProcess;
  said: () => string;
}
let replicas: Replica[];
let acts: Reflector<KubeObject>;
/** Who wrote, in the order of the API server; the same one in a row once. */
let writers: string[];

beforeEach(async () => {
  replicas = [];
  writers = [];
  await admin.create(CONFIG_MAPS, 'default', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'acts' }, data: { by: 'nobody' } });
  acts = new Reflector(admin, CONFIG_MAPS, { namespace: 'default', fieldSelector: 'metadata.name=acts' });
  acts.addHandler(({ object }) => {
    const { by } = object['data'] as { by: string };
    if (writers.at(-1) !== by) writers.push(by);
  });
  acts.start();
  await acts.hasSynced;
});
afterEach(async () => {
  for (const { child } of replicas) child.kill('SIGKILL');
  await acts.stop();
  await admin.remove(CONFIG_MAPS, 'default', 'acts');
  await admin.remove(LEASES, 'default', 'election');
});

function start(name: string, timing: readonly number[], kubeconfig = apiServer.kubeconfigPath): Replica {
  const child = spawn(process.execPath, [program, name, ...timing.map(String)], { env: { ...process.env, KUBECONFIG: kubeconfig }, stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  const replica = { child, said: () => text };
  replicas.push(replica);
  return replica;
}

const acted = (name: string, timeoutMs = 20_000): Promise<true> => eventually(`${name} acts`, () => writers.at(-1) === name, { timeoutMs });
const ended = (replica: Replica, timeoutMs = 20_000): Promise<number> => eventually('it ends', () => replica.child.exitCode ?? undefined, { timeoutMs }).then(Number);

/** `a` leads and acts, `b` waits. */
async function aPair(timing: readonly number[], kubeconfigOfA?: string): Promise<[Replica, Replica]> {
  const a = start('a', timing, kubeconfigOfA);
  await acted('a');
  const b = start('b', timing);
  await eventually('b campaigns', () => b.said().includes('campaigns'));
  return [a, b];
}

test('a leader that is killed is followed within 15 s', async () => {
  const [a] = await aPair(DEFAULTS);
  a.child.kill('SIGKILL');
  const killedAt = performance.now();
  await acted('b', 15_000);
  expect(performance.now() - killedAt).toBeLessThan(15_000);
  expect(writers).toEqual(['nobody', 'a', 'b']);
  expect((await admin.get<Lease>(LEASES, 'default', 'election'))?.spec).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1, leaseDurationSeconds: 12 });
}, 60_000);

test('a leader that stops in good order is followed within 2 s', async () => {
  const [a] = await aPair(DEFAULTS);
  a.child.kill('SIGTERM');
  const stoppedAt = performance.now();
  await acted('b', 2000);
  expect(performance.now() - stoppedAt).toBeLessThan(2000);
  expect(await ended(a)).toBe(0);
  expect(a.said()).not.toContain('lost');
}, 60_000);

test('a leader that slept while another took over writes nothing more when it wakes up, and ends', async () => {
  const [a] = await aPair(FAST);
  a.child.kill('SIGSTOP');
  await acted('b');
  a.child.kill('SIGCONT');
  expect(await ended(a)).toBe(1);
  expect(a.said()).toMatch(/lost: the lease/);
  await eventually('what it may have sent has arrived', async () => {
    const { turn } = (await admin.get<KubeObject & { data: { turn: string } }>(CONFIG_MAPS, 'default', 'acts'))?.data ?? {};
    return Number(turn) > 50;
  });
  expect(writers).toEqual(['nobody', 'a', 'b']);
}, 60_000);

test('one that slept, and that nobody followed, ends all the same', async () => {
  const a = start('a', FAST);
  await acted('a');
  a.child.kill('SIGSTOP');
  const stoppedAt = performance.now();
  await eventually('its deadline is over', () => performance.now() - stoppedAt > 2500, { timeoutMs: 5000 });
  a.child.kill('SIGCONT');
  expect(await ended(a)).toBe(1);
}, 60_000);

test.each<[string, (proxy: TcpProxy) => void]>([
  ['refuses it', (proxy) => (proxy.refuse(true), proxy.reset())],
  ['is silent', (proxy) => (proxy.refuse(true), proxy.stall())],
])('a leader for which the API server %s ends before another begins', async (_how, cut) => {
  const proxy = await startTcpProxy(apiServer.port);
  try {
    const [a, b] = await aPair(FAST, await behind(proxy.port));
    cut(proxy);
    expect(await ended(a)).toBe(1);
    expect(b.said()).not.toContain('leads');
    await acted('b');
    expect(writers).toEqual(['nobody', 'a', 'b']);
  } finally {
    await proxy.stop();
  }
}, 60_000);

test('a short loss of all connections changes nothing', async () => {
  const proxy = await startTcpProxy(apiServer.port);
  try {
    const [a, b] = await aPair(FAST, await behind(proxy.port));
    for (let times = 0; times < 5; times += 1) {
      const { renewTime } = (await admin.get<Lease>(LEASES, 'default', 'election'))?.spec ?? {};
      proxy.reset();
      await eventually('the lease is renewed', async () => (await admin.get<Lease>(LEASES, 'default', 'election'))?.spec?.renewTime !== renewTime);
    }
    expect([a.child.exitCode, b.said().includes('leads')]).toEqual([null, false]);
  } finally {
    await proxy.stop();
  }
}, 60_000);

test('the lease is one that kubectl and other clients read, and its removal by hand makes no second leader', async () => {
  const [leaseDurationMs, renewDeadlineMs, retryPeriodMs] = FAST;
  const timing = { leaseDurationMs, renewDeadlineMs, retryPeriodMs };
  const elector = new Elector({ kube: admin, namespace: 'default', name: 'election', identity: 'here', timing });
  expect(await elector.campaign(new AbortController().signal)).toBe(true);
  expect(await apiServer.kubectl(['get', 'lease', 'election', '-o', 'jsonpath={.spec.holderIdentity} {.spec.leaseDurationSeconds} {.spec.leaseTransitions}'])).toBe('here 3 0');
  await apiServer.kubectl(['annotate', 'lease', 'election', 'somebody=looked']);
  await apiServer.kubectl(['delete', 'lease', 'election']);
  await eventually('it is there again', async () => (await admin.get<Lease>(LEASES, 'default', 'election'))?.spec?.holderIdentity === 'here');
  expect(elector.leads()).toBe(true);
  await elector.release();
  expect((await admin.get<Lease>(LEASES, 'default', 'election'))?.spec).toMatchObject({ holderIdentity: '', leaseDurationSeconds: 1 });
  expect(elector.leads()).toBe(false);
}, 60_000);

/** The admin's kubeconfig with another address. */
async function behind(port: number): Promise<string> {
  const path = `${apiServer.kubeconfigPath}.${port}`;
  await writeFile(path, (await readFile(apiServer.kubeconfigPath, 'utf8')).replace(`:${apiServer.port}`, `:${port}`));
  return path;
}
