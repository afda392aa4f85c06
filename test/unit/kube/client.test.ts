// The client's calls on a transport of the test's own: what is sent, what is tried again, where reading stops.
import { Readable } from 'node:stream';
import { expect, test } from '@jest/globals';
import { kubeOver, type RequestInfo } from '../../../src/kube/client.js';
import type { Kube } from '../../../src/kube/kube.js';
import { JOBS, PODS } from '../../../src/kube/resources.js';
import type { TransportRequest, TransportResponse } from '../../../src/kube/transport.js';
import { anObject } from './builders.js';
import { FakeClock, settled } from './fake-clock.js';

type Answer = { status: number; body?: string | Readable; headers?: Record<string, string> } | Error;

function aKube(answers: Answer[]): { kube: Kube; sent: TransportRequest[]; clock: FakeClock; told: RequestInfo[] } {
  const sent: TransportRequest[] = [];
  const told: RequestInfo[] = [];
  const clock = new FakeClock();
  const transport = {
    dropIdle: () => {},
    send(request: TransportRequest): Promise<TransportResponse> {
      sent.push(request);
      const answer = answers.shift() ?? new Error('no more answers');
      if (answer instanceof Error) return Promise.reject(answer);
      const body = answer.body instanceof Readable ? answer.body : Readable.from([Buffer.from(answer.body ?? '{}')], { objectMode: false });
      return Promise.resolve({ status: answer.status, headers: answer.headers ?? {}, body });
    },
  };
  return { kube: kubeOver(transport, { userAgent: 'tester/1', clock, random: () => 0, onRequest: (request) => told.push(request) }), sent, clock, told };
}

test('says who it is, and sends a body only where there is one', async () => {
  const { kube, sent } = aKube([{ status: 200 }, { status: 200 }]);
  await kube.get(PODS, 'shop', 'web-0');
  await kube.create(JOBS, 'shop', anObject('j'));
  expect(sent[0]).toMatchObject({ method: 'GET', path: '/api/v1/namespaces/shop/pods/web-0', headers: { 'User-Agent': 'tester/1', Accept: 'application/json' } });
  expect(sent[0]).not.toHaveProperty('body');
  expect(sent[1]).toMatchObject({ method: 'POST', path: '/apis/batch/v1/namespaces/shop/jobs', headers: { 'Content-Type': 'application/json' } });
});

test('a read is tried again, after a time that is neither shorter nor much longer than the server asked for', async () => {
  const { kube, sent, clock, told } = aKube([{ status: 503, headers: { 'retry-after': '2' } }, new Error('ECONNRESET'), { status: 200, body: '{"metadata":{"name":"web-0"}}' }]);
  const read = kube.get(PODS, 'shop', 'web-0');
  await settled();
  await clock.advance(1999);
  expect(sent).toHaveLength(1);
  await clock.advance(10_000);
  expect((await read)?.metadata.name).toBe('web-0');
  expect(told.map(({ status }) => status)).toEqual([503, 0, 200]);
});

test('a write is tried again only where the server was too busy to begin it', async () => {
  const { kube, sent, clock } = aKube([{ status: 429 }, { status: 503, body: 'etcd is away' }]);
  const write = expect(kube.create(PODS, 'shop', anObject('p'))).rejects.toMatchObject({ status: 503, message: 'HTTP 503: etcd is away' });
  await settled();
  await clock.advance(60_000);
  await write;
  expect(sent).toHaveLength(2);
});

test('a signal ends the wait between two tries', async () => {
  const { kube, clock } = aKube([{ status: 503, headers: { 'retry-after': '10' } }, Object.assign(new Error('aborted'), { name: 'AbortError' })]);
  const controller = new AbortController();
  const read = kube.get(PODS, 'shop', 'p', { signal: controller.signal });
  await settled();
  controller.abort();
  await expect(read).rejects.toMatchObject({ reason: 'Aborted' });
  expect(clock.waiting).toEqual([]);
});

test('each kind of patch names its content type; fields that are not asked for are not in the query', async () => {
  const { kube, sent } = aKube([{ status: 200 }, { status: 200 }, { status: 200 }]);
  await kube.patch(PODS, 'shop', 'p', {}, { type: 'merge', subresource: 'status' });
  await kube.patch(PODS, 'shop', 'p', [], { type: 'json' });
  await kube.patch(PODS, 'shop', 'p', {}, { type: 'apply', fieldManager: 'me', force: true });
  expect(sent.map(({ path, headers }) => [path, headers['Content-Type']])).toEqual([
    ['/api/v1/namespaces/shop/pods/p/status', 'application/merge-patch+json'],
    ['/api/v1/namespaces/shop/pods/p', 'application/json-patch+json'],
    ['/api/v1/namespaces/shop/pods/p?fieldManager=me&force=true', 'application/apply-patch+yaml'],
  ]);
});

test('remove sends its preconditions', async () => {
  const { kube, sent } = aKube([{ status: 200 }, { status: 200 }]);
  await kube.remove(JOBS, 'shop', 'j', { uid: 'u', resourceVersion: '7', propagationPolicy: 'Background', gracePeriodSeconds: 0 });
  await kube.remove(JOBS, 'shop', 'j');
  expect(sent.map(({ body }) => JSON.parse(body ?? '') as unknown)).toEqual([
    { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid: 'u', resourceVersion: '7' }, propagationPolicy: 'Background', gracePeriodSeconds: 0 },
    { apiVersion: 'v1', kind: 'DeleteOptions' },
  ]);
});

test('an empty list may be null in JSON', async () => {
  const { kube } = aKube([{ status: 200, body: '{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"5"},"items":null}' }]);
  expect(await kube.list(PODS, undefined)).toEqual({ items: [], resourceVersion: '5' });
});

test('a log that never ends is read up to its limit, and then its stream is closed', async () => {
  let chunks = 0;
  const endless = new Readable({
    highWaterMark: 1,
    read() {
      chunks++;
      this.push(Buffer.alloc(1000, 'x'));
    },
  });
  const { kube, sent } = aKube([{ status: 200, body: endless }]);
  const log = await kube.podLog('shop', 'p', 'agent', { tailLines: 50, maxBytes: 2500 });
  expect(log).toBe('x'.repeat(2500));
  expect(endless.destroyed).toBe(true);
  expect(chunks).toBeLessThan(10);
  expect(sent[0]?.path).toBe('/api/v1/namespaces/shop/pods/p/log?container=agent&tailLines=50');
});

test('a watch asks for bookmarks and its time, and leaving it closes the stream', async () => {
  const stream = new Readable({ read() {} });
  stream.push(`${JSON.stringify({ type: 'ADDED', object: anObject('a') })}\n`);
  const { kube, sent } = aKube([{ status: 200, body: stream }]);
  for await (const event of kube.watch(PODS, 'shop', { resourceVersion: '7', labelSelector: 'app=web', timeoutSeconds: 300 })) {
    expect(event.type).toBe('ADDED');
    break;
  }
  expect(stream.destroyed).toBe(true);
  expect(new URL(`http://x${sent[0]?.path ?? ''}`).searchParams.toString()).toBe('resourceVersion=7&labelSelector=app%3Dweb&timeoutSeconds=300&watch=true&allowWatchBookmarks=true');
});

test('a watch that is refused throws, and is not tried again by itself', async () => {
  const { kube, sent } = aKube([{ status: 503 }]);
  const watch = kube.watch(PODS, undefined, { resourceVersion: '7', timeoutSeconds: 1 })[Symbol.asyncIterator]();
  await expect(watch.next()).rejects.toMatchObject({ status: 503 });
  expect(sent).toHaveLength(1);
});
