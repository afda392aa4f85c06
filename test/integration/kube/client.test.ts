// The raw client against a real API server: values, preconditions, errors, connections.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createKube, type RequestInfo } from '../../../src/kube/client.js';
import type { Kube } from '../../../src/kube/kube.js';
import type { KubeObject } from '../../../src/kube/object.js';
import { CONFIG_MAPS, JOBS, NAMESPACES, PODS, type Resource } from '../../../src/kube/resources.js';
import { type ApiServer, startApiServer } from '../api-server.js';
import { startTcpProxy, through, type TcpProxy } from './tcp-proxy.js';

const CRDS: Resource = { group: 'apiextensions.k8s.io', version: 'v1', plural: 'customresourcedefinitions', namespaced: false };

let apiServer: ApiServer;
let proxy: TcpProxy;
let kube: Kube;
const requests: RequestInfo[] = [];

beforeAll(async () => {
  apiServer = await startApiServer();
  proxy = await startTcpProxy(apiServer.port);
  kube = createKube(through(proxy.port, apiServer.kubeConfig), { userAgent: 'kube-test/1.2.3', onRequest: (request) => requests.push(request) });
}, 60_000);
afterAll(async () => {
  kube.close();
  await proxy.stop();
  await apiServer.stop();
}, 30_000);

let names = 0;
interface ConfigMap extends KubeObject {
  data: Record<string, string>;
}
async function newConfigMap(data: Record<string, string> = { a: '1' }): Promise<ConfigMap> {
  const name = `map-${++names}`;
  return kube.create<ConfigMap>(CONFIG_MAPS, 'default', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data });
}

test('twenty calls in a row share one connection', async () => {
  const { name } = (await newConfigMap()).metadata;
  const before = proxy.connections;
  for (let i = 0; i < 20; i++) await kube.get(CONFIG_MAPS, 'default', name);
  expect(proxy.connections).toBe(before);
  expect(proxy.connections).toBe(1);
});

test('tells each call to the metrics hook', async () => {
  requests.length = 0;
  await kube.get(PODS, 'default', 'nobody');
  await kube.list(JOBS, undefined, { limit: 1 });
  expect(requests).toEqual([
    { verb: 'get', resource: 'pods', status: 404, durationMs: expect.any(Number) },
    { verb: 'list', resource: 'jobs', status: 200, durationMs: expect.any(Number) },
  ]);
});

test('get of what is not there is undefined, and so is remove: false', async () => {
  expect(await kube.get(PODS, 'default', 'nobody')).toBeUndefined();
  expect(await kube.remove(PODS, 'default', 'nobody')).toBe(false);
  expect(await kube.get(NAMESPACES, undefined, 'nowhere')).toBeUndefined();
});

test('keeps fields that no typed client knows, and dates as they are written', async () => {
  const schema = { type: 'object', properties: { spec: { type: 'object', properties: { size: { type: 'integer', default: 3, 'x-kubernetes-validations': [] } }, 'x-kubernetes-preserve-unknown-fields': true } } };
  const created = await kube.create(CRDS, undefined, {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'widgets', singular: 'widget', kind: 'Widget' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
    },
  });
  const [version] = (created['spec'] as { versions: { schema: { openAPIV3Schema: { properties: { spec: object } } } }[] }).versions;
  expect(version?.schema.openAPIV3Schema.properties.spec).toMatchObject({ properties: { size: { default: 3 } }, 'x-kubernetes-preserve-unknown-fields': true });
  expect(created.metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
});

test('items of a list carry their type, and pages lead to each other', async () => {
  const labels = { pages: 'yes' };
  for (let i = 0; i < 5; i++) await kube.create(CONFIG_MAPS, 'default', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `page-${i}`, labels } });
  const first = await kube.list(CONFIG_MAPS, undefined, { labelSelector: 'pages=yes', limit: 3 });
  expect(first.items).toHaveLength(3);
  expect(first.items[0]).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap' });
  const second = await kube.list(CONFIG_MAPS, undefined, { labelSelector: 'pages=yes', limit: 3, continue: first.continue });
  expect(second.items.map((item) => item.metadata.name)).toEqual(['page-3', 'page-4']);
  expect(second.continue).toBeUndefined();
});

test('an API that is not served: list says so, as NotFound', async () => {
  await expect(kube.list({ group: 'example.com', version: 'v9', plural: 'gadgets', namespaced: true }, undefined)).rejects.toMatchObject({ status: 404 });
});

describe('preconditions', () => {
  test('replace with a stale resourceVersion is a Conflict in the server\'s own words', async () => {
    const object = await newConfigMap();
    await kube.replace(CONFIG_MAPS, { ...object, data: { a: '2' } });
    await expect(kube.replace(CONFIG_MAPS, { ...object, data: { a: '3' } })).rejects.toMatchObject({
      status: 409,
      reason: 'Conflict',
      message: expect.stringMatching(/^Operation cannot be fulfilled on configmaps "map-\d+": the object has been modified/),
    });
  });

  test('patch with a stale resourceVersion is a Conflict, and with the right one it is not', async () => {
    const object = await newConfigMap();
    const { name, resourceVersion } = object.metadata;
    const patch = (version: string, a: string): Promise<ConfigMap> => kube.patch<ConfigMap>(CONFIG_MAPS, 'default', name, { metadata: { resourceVersion: version }, data: { a } }, { type: 'merge' });
    expect((await patch(resourceVersion, '2')).data).toEqual({ a: '2' });
    await expect(patch(resourceVersion, '3')).rejects.toMatchObject({ reason: 'Conflict' });
    expect((await kube.get<ConfigMap>(CONFIG_MAPS, 'default', name))?.data).toEqual({ a: '2' });
  });

  test('patch with another object\'s uid changes nothing', async () => {
    const { metadata } = await newConfigMap();
    const patch = { metadata: { uid: '00000000-0000-0000-0000-000000000000' }, data: { a: '2' } };
    await expect(kube.patch(CONFIG_MAPS, 'default', metadata.name, patch, { type: 'merge' })).rejects.toMatchObject({ reason: 'Conflict' });
    expect((await kube.get<ConfigMap>(CONFIG_MAPS, 'default', metadata.name))?.data).toEqual({ a: '1' });
  });

  test('remove with another uid or a stale resourceVersion is a Conflict; with the right ones it removes', async () => {
    const { name, uid, resourceVersion } = (await newConfigMap()).metadata;
    await expect(kube.remove(CONFIG_MAPS, 'default', name, { uid: '00000000-0000-0000-0000-000000000000' })).rejects.toMatchObject({ reason: 'Conflict' });
    await expect(kube.remove(CONFIG_MAPS, 'default', name, { uid, resourceVersion: '1' })).rejects.toMatchObject({ reason: 'Conflict' });
    expect(await kube.remove(CONFIG_MAPS, 'default', name, { uid, resourceVersion, propagationPolicy: 'Background' })).toBe(true);
    expect(await kube.get(CONFIG_MAPS, 'default', name)).toBeUndefined();
  });

  test('create of what exists is AlreadyExists, not Conflict', async () => {
    const { name } = (await newConfigMap()).metadata;
    await expect(kube.create(CONFIG_MAPS, 'default', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } })).rejects.toMatchObject({ status: 409, reason: 'AlreadyExists' });
  });
});

test('merge, json and apply patches reach the object, each in its own way', async () => {
  const { name } = (await newConfigMap({ a: '1', b: '1' })).metadata;
  const merged = await kube.patch<ConfigMap>(CONFIG_MAPS, 'default', name, { data: { b: null, c: '1' } }, { type: 'merge' });
  expect(merged.data).toEqual({ a: '1', c: '1' });
  const json = await kube.patch<ConfigMap>(CONFIG_MAPS, 'default', name, [{ op: 'replace', path: '/data/a', value: '2' }], { type: 'json' });
  expect(json.data).toEqual({ a: '2', c: '1' });
  const apply = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { a: '3' } };
  await expect(kube.patch(CONFIG_MAPS, 'default', name, apply, { type: 'apply', fieldManager: 'tester' })).rejects.toMatchObject({ reason: 'Conflict' });
  const applied = await kube.patch<ConfigMap>(CONFIG_MAPS, 'default', name, apply, { type: 'apply', fieldManager: 'tester', force: true });
  expect(applied.data).toEqual({ a: '3', c: '1' });
  const managers = (applied.metadata['managedFields'] as { manager: string; operation: string }[]).map(({ manager, operation }) => `${manager} ${operation}`);
  expect(managers).toEqual(expect.arrayContaining(['tester Apply', 'kube-test Update']));
});

test('patches a subresource only', async () => {
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'quiet' }, spec: { containers: [{ name: 'c', image: 'none' }] } };
  await kube.create(PODS, 'default', pod);
  const patched = await kube.patch(PODS, 'default', 'quiet', { spec: { activeDeadlineSeconds: 7 }, status: { podIP: '10.0.0.9', podIPs: [{ ip: '10.0.0.9' }] } }, { type: 'merge', subresource: 'status' });
  expect(patched['status']).toMatchObject({ podIP: '10.0.0.9' });
  expect(patched['spec']).not.toHaveProperty('activeDeadlineSeconds');
});

test('a refused call says who may not do what', async () => {
  const stranger = createKube((await apiServer.addUser('stranger', ['guests'])).kubeConfig, { userAgent: 'stranger/1' });
  await expect(stranger.list(PODS, undefined)).rejects.toMatchObject({ reason: 'Forbidden', message: expect.stringContaining('User "stranger" cannot list resource "pods"') });
  stranger.close();
});

test('a token from a file is enough, as in a pod', async () => {
  await apiServer.kubectl(['create', 'serviceaccount', 'robot', '--namespace', 'default']);
  const answer = await apiServer.kubectl(['create', '--raw', '/api/v1/namespaces/default/serviceaccounts/robot/token', '-f', '-'], '{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{}}');
  const folder = await mkdtemp(path.join(tmpdir(), 'token-'));
  const tokenFile = path.join(folder, 'token');
  await writeFile(tokenFile, `${(JSON.parse(answer) as { status: { token: string } }).status.token}\n`);
  const cluster = apiServer.kubeConfig.getCurrentCluster();
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromClusterAndUser(cluster as NonNullable<typeof cluster>, { name: 'robot', authProvider: { name: 'tokenFile', config: { tokenFile } } });
  const robot = createKube(kubeConfig, { userAgent: 'robot/1' });
  await expect(robot.list(PODS, 'default')).rejects.toMatchObject({ message: expect.stringContaining('User "system:serviceaccount:default:robot" cannot list') });
  robot.close();
  await rm(folder, { recursive: true });
});

test('an invalid object names its field', async () => {
  await expect(kube.create(CONFIG_MAPS, 'default', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'Not_Valid' } })).rejects.toMatchObject({
    reason: 'Invalid',
    details: { causes: [expect.objectContaining({ field: 'metadata.name' })] },
  });
});

test('a read survives a connection that is reset under it; a write that was reset is not repeated', async () => {
  const { name } = (await newConfigMap()).metadata;
  proxy.refuse(true);
  proxy.reset();
  requests.length = 0;
  const read = kube.get(CONFIG_MAPS, 'default', name);
  const write = kube.patch(CONFIG_MAPS, 'default', name, { data: { a: 'x' } }, { type: 'merge' });
  await expect(write).rejects.toMatchObject({ status: 0, reason: 'NetworkError' });
  proxy.refuse(false);
  expect((await read)?.metadata.name).toBe(name);
  expect(requests.filter(({ verb }) => verb === 'patch')).toHaveLength(1);
});

test('a call that gets no answer ends in time, and its dead connection is not used again', async () => {
  const { name } = (await newConfigMap()).metadata;
  const before = proxy.connections;
  proxy.stall();
  await expect(kube.get(CONFIG_MAPS, 'default', name, { timeoutMs: 300 })).rejects.toMatchObject({ reason: 'RequestTimeout', message: 'no answer within 300 ms' });
  expect((await kube.get(CONFIG_MAPS, 'default', name))?.metadata.name).toBe(name);
  expect(proxy.connections).toBe(before + 1);
});

test('the caller\'s signal gives a call up', async () => {
  const controller = new AbortController();
  proxy.stall();
  const call = kube.get(PODS, 'default', 'nobody', { signal: controller.signal });
  controller.abort();
  await expect(call).rejects.toMatchObject({ reason: 'Aborted' });
});
