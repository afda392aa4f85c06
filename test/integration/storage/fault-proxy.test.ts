import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as http from 'node:http';
import * as https from 'node:https';
import type { AddressInfo } from 'node:net';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { schedule, startFaultProxy, type Fault, type FaultProxy, type SeenRequest } from './fault-proxy.js';

let received: Buffer[] = [];
let origin: http.Server;
let proxy: FaultProxy;

beforeEach(async () => {
  received = [];
  origin = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push(Buffer.concat(chunks));
      response.writeHead(201, { 'x-origin': 'yes' }).end('made');
    });
  });
  await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
  proxy = await startFaultProxy(`http://127.0.0.1:${(origin.address() as AddressInfo).port}`);
});
afterEach(async () => {
  await proxy.close();
  origin.closeAllConnections();
  await new Promise((resolve) => origin.close(resolve));
});

const body = Buffer.alloc(200_000, 'a');
const put = (signal?: AbortSignal) => fetch(`${proxy.endpoint}/bucket/key?a=b`, { method: 'PUT', body, ...(signal ? { signal } : {}) });
const with_ = (fault: Fault) => (proxy.decide = () => fault);

test('without a fault passes requests and answers on, and lists them', async () => {
  const answer = await put();
  expect([answer.status, answer.headers.get('x-origin'), await answer.text()]).toEqual([201, 'yes', 'made']);
  expect(received).toEqual([body]);
  expect(proxy.seen).toMatchObject([{ method: 'PUT', path: '/bucket/key', key: 'key', index: 0 }]);
  expect(proxy.seen[0]?.query.get('a')).toBe('b');
});

test('answers in the store’s place', async () => {
  with_({ kind: 'answer', status: 503, headers: { 'retry-after': '7' }, body: 'busy' });
  const answer = await put();
  expect([answer.status, answer.headers.get('retry-after'), await answer.text()]).toEqual([503, '7', 'busy']);
  expect(received).toEqual([]);
});

test('resets a connection after some bytes', async () => {
  with_({ kind: 'reset', afterBytes: 100_000 });
  await expect(put()).rejects.toThrow();
  expect(received).toEqual([]);
});

test('stalls after some bytes', async () => {
  with_({ kind: 'stall', afterBytes: 100_000 });
  await expect(put(AbortSignal.timeout(300))).rejects.toMatchObject({ name: 'TimeoutError' });
  expect(received).toEqual([]);
});

test('flips one byte', async () => {
  with_({ kind: 'corrupt', atByte: 150_000 });
  await put();
  const differing = [...body.keys()].filter((i) => received[0]?.[i] !== body[i]);
  expect(differing).toEqual([150_000]);
});

test('loses the answer to what was done', async () => {
  with_({ kind: 'loseAnswer' });
  await expect(put()).rejects.toThrow();
  expect(received).toEqual([body]);
});

test('talks without end', async () => {
  with_({ kind: 'endless', status: 500 });
  const reader = (await put()).body?.getReader();
  let bytes = 0;
  while (bytes < 5_000_000) bytes += ((await reader?.read())?.value as Uint8Array).length;
  await reader?.cancel();
});

test('holds a request back', async () => {
  with_({ kind: 'delay', ms: 300 });
  const start = performance.now();
  expect((await put()).status).toBe(201);
  expect(performance.now() - start).toBeGreaterThan(290);
  expect(received).toEqual([body]);
});

test('lets a body through slowly', async () => {
  const short = Buffer.alloc(200, 'a');
  with_({ kind: 'throttle', bytesPerSecond: 500 });
  const start = performance.now();
  await fetch(`${proxy.endpoint}/bucket/key`, { method: 'PUT', body: short });
  expect(performance.now() - start).toBeGreaterThan(390);
  expect(received).toEqual([short]);
});

test.each<[string, Fault]>([
  ['cuts', { kind: 'cutAnswer', afterBytes: 2 }],
  ['stalls in', { kind: 'stallAnswer', afterBytes: 2 }],
])('%s an answer', async (_, fault) => {
  with_(fault);
  const answer = await put(AbortSignal.timeout(500));
  expect(answer.status).toBe(201);
  const reader = answer.body?.getReader();
  expect(Buffer.from((await reader?.read())?.value as Uint8Array).toString()).toBe('ma');
  await expect(reader?.read()).rejects.toThrow();
});

test('flips one byte of an answer', async () => {
  with_({ kind: 'corruptAnswer', atByte: 1 });
  expect(await (await put()).text()).toBe('m`de');
});

test('says that it stored what it did not', async () => {
  with_({ kind: 'swallow' });
  const answer = await put();
  expect([answer.status, answer.headers.get('etag')]).toEqual([200, `"${createHash('md5').update(body).digest('hex')}"`]);
  expect(received).toEqual([]);
});

test('goes down, refuses, and is back at the same address', async () => {
  await put();
  await proxy.down();
  await expect(put()).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
  await proxy.up();
  expect((await put()).status).toBe(201);
});

test('going down ends what is under way', async () => {
  with_({ kind: 'stall', afterBytes: 100 });
  const ended = expect(put()).rejects.toThrow();
  while (proxy.seen.length === 0) await new Promise(setImmediate);
  await proxy.down();
  await ended;
});

test('speaks TLS where it is given a certificate', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'proxy-'));
  const [cert, key] = [join(folder, 'crt'), join(folder, 'key')];
  await promisify(execFile)('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=s', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert]);
  const tls = { cert: await readFile(cert), key: await readFile(key) };
  await rm(folder, { recursive: true });
  const secure = await startFaultProxy(`http://127.0.0.1:${(origin.address() as AddressInfo).port}`, { tls });
  try {
    secure.decide = schedule([{ key: /teapot/, fault: { kind: 'answer', status: 418 } }]);
    const status = (path: string) =>
      new Promise((resolve, reject) => https.get(`${secure.endpoint}${path}`, { ca: tls.cert }, (answer) => (answer.resume(), resolve(answer.statusCode))).on('error', reject));
    expect([await status('/bucket/key'), await status('/bucket/teapot')]).toEqual([201, 418]);
    await expect(fetch(secure.endpoint)).rejects.toMatchObject({ cause: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' } });
  } finally {
    await secure.close();
  }
});

test('a schedule chooses by method, key, query and count', () => {
  const request = (method: string, key: string, query = ''): SeenRequest => ({ method, path: `/b/${key}`, key, query: new URLSearchParams(query), index: 0 });
  const fault = (status: number): Fault => ({ kind: 'answer', status });
  const decide = schedule([
    { method: 'PUT', key: /\.pcap$/, skip: 1, times: 2, fault: fault(500) },
    { method: ['HEAD', 'GET'], fault: fault(503) },
    { query: 'partNumber', when: ({ query }) => query.get('partNumber') === '2', fault: fault(400) },
  ]);
  const asked = [request('PUT', 'a.pcap'), request('PUT', 'b.pcap'), request('PUT', 'm.json'), request('PUT', 'b.pcap'), request('PUT', 'c.pcap'), request('HEAD', 'x'), request('PUT', 'x', 'partNumber=1'), request('PUT', 'x', 'partNumber=2')];
  expect(asked.map(decide)).toEqual([undefined, fault(500), undefined, fault(500), undefined, fault(503), undefined, fault(400)]);
});
