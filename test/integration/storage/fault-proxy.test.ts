import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { startFaultProxy, type Fault, type FaultProxy } from './fault-proxy.js';

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
  expect(proxy.seen).toMatchObject([{ method: 'PUT', path: '/bucket/key', index: 0 }]);
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
