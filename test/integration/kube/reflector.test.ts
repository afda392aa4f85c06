// The reflector and the work queue on a real API server behind a bad network: whatever happens, the store ends equal to what the server has.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createKube } from '../../../src/kube/client.js';
import type { Kube } from '../../../src/kube/kube.js';
import type { KubeObject } from '../../../src/kube/object.js';
import { Reflector, type ReflectorEvent, type ReflectorOptions } from '../../../src/kube/reflector.js';
import { CONFIG_MAPS, NAMESPACES } from '../../../src/kube/resources.js';
import { WorkQueue } from '../../../src/kube/work-queue.js';
import { type ApiServer, startApiServer } from '../api-server.js';
import { eventually } from '../eventually.js';
import { startTcpProxy, type TcpProxy, through } from './tcp-proxy.js';

interface ConfigMap extends KubeObject {
  data?: Record<string, string>;
}

let apiServer: ApiServer;
/** Straight to the server: what other people do to the cluster. */
let others: Kube;

beforeAll(async () => {
  apiServer = await startApiServer();
  others = createKube(apiServer.kubeConfig, { userAgent: 'others/1' });
}, 60_000);
afterAll(async () => {
  others.close();
  await apiServer.stop();
}, 30_000);

let proxy: TcpProxy;
let kube: Kube;
let namespace: string;
let tests = 0;
let requests: string[];
let started: Reflector<ConfigMap>[];

beforeEach(async () => {
  requests = [];
  started = [];
  proxy = await startTcpProxy(apiServer.port);
  kube = createKube(through(proxy.port, apiServer.kubeConfig), { userAgent: 'reflector-test/1', timeoutMs: 3000, onRequest: ({ verb }) => requests.push(verb) });
  namespace = `reflector-${++tests}`;
  await others.create(NAMESPACES, undefined, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
});
afterEach(async () => {
  for (const reflector of started) await reflector.stop();
  kube.close();
  await proxy.stop();
});

async function put(name: string, value = '1', labels: Record<string, string> = {}): Promise<ConfigMap> {
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace, labels }, data: { value } };
  return (await others.get(CONFIG_MAPS, namespace, name))
    ? others.patch<ConfigMap>(CONFIG_MAPS, namespace, name, { data: { value }, metadata: { labels } }, { type: 'merge' })
    : others.create<ConfigMap>(CONFIG_MAPS, namespace, object);
}
const remove = (name: string): Promise<boolean> => others.remove(CONFIG_MAPS, namespace, name);

async function follow(options: ReflectorOptions<ConfigMap> = {}): Promise<{ reflector: Reflector<ConfigMap>; events: ReflectorEvent<ConfigMap>[] }> {
  const reflector = new Reflector<ConfigMap>(kube, CONFIG_MAPS, { namespace, backoff: { initialMs: 100, maxMs: 1000 }, ...options });
  started.push(reflector);
  const events: ReflectorEvent<ConfigMap>[] = [];
  reflector.addHandler((event) => events.push(event));
  reflector.start();
  expect(await reflector.hasSynced).toBe(true);
  return { reflector, events };
}
const watching = (count: number): Promise<true> => eventually(`${count} watches began`, () => requests.filter((verb) => verb === 'watch').length >= count);
const content = (reflector: Reflector<ConfigMap>): Record<string, string | undefined> =>
  Object.fromEntries(reflector.store.list().map(({ metadata, data }) => [metadata.name, data?.['value']]));
const becomes = (reflector: Reflector<ConfigMap>, expected: Record<string, string>): Promise<void | true> =>
  eventually(`the store holds ${JSON.stringify(expected)}`, () => {
    expect(content(reflector)).toEqual(expected);
    return true;
  });

test('lists in pages, then follows what is added, changed and deleted', async () => {
  for (let i = 0; i < 7; i++) await put(`map-${i}`);
  const { reflector, events } = await follow({ pageSize: 3 });
  expect(requests.filter((verb) => verb === 'list')).toHaveLength(3);
  expect(events.map(({ type, key }) => `${type} ${key}`)).toEqual([0, 1, 2, 3, 4, 5, 6].map((i) => `ADDED ${namespace}/map-${i}`));

  events.length = 0;
  await put('map-7');
  await put('map-0', '2');
  await remove('map-1');
  await eventually('three events', () => events.length === 3);
  expect(events.map(({ type, key }) => `${type} ${key}`)).toEqual([`ADDED ${namespace}/map-7`, `MODIFIED ${namespace}/map-0`, `DELETED ${namespace}/map-1`]);
  expect(events[1]?.previous?.data).toEqual({ value: '1' });
  expect(reflector.store.get(`${namespace}/map-0`)?.data).toEqual({ value: '2' });
  expect(reflector.store.size).toBe(7);
});

test('follows only what its selector matches: an object that stops matching is deleted for it', async () => {
  await put('red', '1', { color: 'red' });
  await put('blue', '1', { color: 'blue' });
  const { reflector } = await follow({ labelSelector: 'color=red', indexers: { byColor: ({ metadata }) => Object.values(metadata.labels ?? {}) } });
  expect(content(reflector)).toEqual({ red: '1' });
  await watching(1);
  await put('blue', '2', { color: 'red' });
  await put('red', '2', { color: 'green' });
  await becomes(reflector, { blue: '2' });
  expect(reflector.store.byIndex('byColor', 'red').map(({ metadata }) => metadata.name)).toEqual(['blue']);
});

test('goes on where it was when the server closes the watch, without another list', async () => {
  const { reflector } = await follow({ watchSeconds: [1, 1] });
  await watching(3);
  await put('later');
  await becomes(reflector, { later: '1' });
  expect(requests.filter((verb) => verb === 'list')).toHaveLength(1);
});

test('after a TCP reset it goes on where it was, and misses nothing of what happened meanwhile', async () => {
  await put('before');
  await put('leaves');
  const { reflector, events } = await follow();
  await watching(1);
  events.length = 0;
  proxy.refuse(true);
  proxy.reset();
  await put('meanwhile');
  await remove('leaves');
  proxy.refuse(false);
  await becomes(reflector, { before: '1', meanwhile: '1' });
  expect(requests.filter((verb) => verb === 'list')).toHaveLength(1);
  expect(events.map(({ type, key }) => `${type} ${key}`)).toEqual([`ADDED ${namespace}/meanwhile`, `DELETED ${namespace}/leaves`]);
});

test('a half-open connection is given up shortly after the watch\'s time', async () => {
  const { reflector } = await follow({ watchSeconds: [1, 1], watchGraceMs: 500 });
  await watching(1);
  proxy.stall();
  await put('unheard');
  await becomes(reflector, { unheard: '1' });
  expect(requests.filter((verb) => verb === 'list')).toHaveLength(1);
});

test('a server that is away for seconds is followed again when it is back', async () => {
  await put('before');
  const { reflector } = await follow();
  await watching(1);
  await apiServer.halt();
  await eventually('a try was refused', () => requests.filter((verb) => verb === 'watch').length >= 3);
  await apiServer.resume();
  await put('after');
  await becomes(reflector, { before: '1', after: '1' });
  expect(requests.filter((verb) => verb === 'list')).toHaveLength(1);
}, 40_000);

test('where its place in history is compacted away it lists again, and finds what was deleted or replaced', async () => {
  const first = await put('replaced');
  await put('deleted');
  await put('same');
  const { reflector, events } = await follow();
  await watching(1);
  proxy.refuse(true);
  proxy.reset();
  events.length = 0;
  await remove('deleted');
  await remove('replaced');
  const second = await put('replaced', '2');
  await put('new');
  await compact();
  // A server that starts anew knows no history but etcd's.
  await apiServer.halt();
  await apiServer.resume();
  const lists = requests.filter((verb) => verb === 'list').length;
  proxy.refuse(false);
  await becomes(reflector, { replaced: '2', same: '1', new: '1' });
  expect(requests.filter((verb) => verb === 'list')).toHaveLength(lists + 1);
  expect(second.metadata.uid).not.toBe(first.metadata.uid);
  expect(reflector.store.get(`${namespace}/replaced`, first.metadata.uid)).toBeUndefined();
  expect(events.map(({ type, key, object }) => `${type} ${key.split('/')[1] ?? ''} ${object.data?.['value'] ?? ''}`)).toEqual(['DELETED deleted 1', 'ADDED new 1', 'DELETED replaced 1', 'ADDED replaced 2']);
}, 40_000);

test('a history that is compacted between two pages costs one whole list, not the sync', async () => {
  for (let i = 0; i < 4; i++) await put(`map-${i}`);
  let pages = 0;
  const limits: (number | undefined)[] = [];
  const slow: Pick<Kube, 'list' | 'watch'> = {
    async list(resource, space, options) {
      limits.push(options?.limit);
      const page = await kube.list<never>(resource, space, options);
      if (++pages === 1) {
        await put('newest');
        await compact();
      }
      return page;
    },
    watch: (resource, space, options) => kube.watch(resource, space, options),
  };
  const reflector = new Reflector<ConfigMap>(slow, CONFIG_MAPS, { namespace, pageSize: 2 });
  started.push(reflector);
  reflector.start();
  await becomes(reflector, { 'map-0': '1', 'map-1': '1', 'map-2': '1', 'map-3': '1', newest: '1' });
  expect(limits).toEqual([2, 2, undefined]);
});

test('one event per change reaches one handler call per key: two hundred changes, a queue, four workers', async () => {
  const { reflector } = await follow();
  const queue = new WorkQueue({ workers: 4 });
  const seen = new Map<string, string>();
  const running = new Set<string>();
  let overlaps = 0;
  reflector.addHandler(({ key }) => queue.add(key));
  const drained = queue.run(async (key) => {
    if (running.has(key)) overlaps++;
    running.add(key);
    await new Promise((resolve) => setImmediate(resolve));
    const object = reflector.store.get(key);
    if (object) seen.set(object.metadata.name, object.data?.['value'] ?? '');
    running.delete(key);
  });
  await watching(1);
  const names = ['a', 'b', 'c', 'd', 'e'];
  for (let round = 1; round <= 40; round++) {
    if (round % 10 === 0) proxy.reset();
    await Promise.all(names.map((name) => put(name, String(round))));
  }
  await eventually('the last value of every key was handled', () => names.every((name) => seen.get(name) === '40'));
  await reflector.stop();
  await queue.shutdown();
  await drained;
  expect(overlaps).toBe(0);
}, 40_000);

test('stopped before it could list, it says so', async () => {
  proxy.refuse(true);
  const reflector = new Reflector<ConfigMap>(kube, CONFIG_MAPS, { namespace });
  reflector.start();
  await eventually('a try was refused', () => requests.length > 0);
  await reflector.stop();
  expect(await reflector.hasSynced).toBe(false);
});

test('when it stops, its connection is closed', async () => {
  const { reflector } = await follow();
  await watching(1);
  await reflector.stop();
  kube.close();
  await eventually('no connection is open', () => proxy.open === 0);
});

/** etcd forgets all but the present, as it does every five minutes in a real cluster. */
async function compact(): Promise<void> {
  const post = async (path: string, body: object): Promise<{ header: { revision: string } }> => {
    const response = await fetch(`${apiServer.etcdURL}${path}`, { method: 'POST', body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`etcd ${path}: ${await response.text()}`);
    return (await response.json()) as { header: { revision: string } };
  };
  const { header } = await post('/v3/kv/range', { key: Buffer.from('/').toString('base64') });
  await post('/v3/kv/compaction', { revision: header.revision, physical: true });
}
