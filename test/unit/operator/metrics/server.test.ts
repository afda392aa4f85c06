// GET /metrics by real sockets: what Prometheus asks, and what somebody else may send.
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { Server } from 'node:http';
import { afterEach, expect, test } from '@jest/globals';
import { silent } from '../../../../src/kube/log.js';
import { startMetricsServer, type Exposition } from '../../../../src/operator/metrics/server.js';

const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';
let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function serving(exposition: Exposition['exposition'] = () => Promise.resolve('up 1\n'), now?: () => number): Promise<{ url: string; port: number; said: unknown[] }> {
  const said: unknown[] = [];
  server = await startMetricsServer(0, { contentType: CONTENT_TYPE, exposition }, { ...silent, error: (_fields, message) => said.push(message) }, now);
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, port, said };
}

/** Everything that comes back until the connection ends. */
function send(port: number, bytes: string | Buffer): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket: Socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.setEncoding('latin1').on('data', (chunk: string) => (answer += chunk));
    socket.on('error', () => undefined).on('close', () => resolve(answer));
  });
}
const statusOf = (answer: string): string => answer.split('\r\n', 1)[0] as string;

test('says the metrics in Prometheus’ text format, also with a query', async () => {
  const { url } = await serving();
  for (const path of ['/metrics', '/metrics?x=1']) {
    const answer = await fetch(url + path, { headers: { accept: 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5' } });
    expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([200, CONTENT_TYPE, 'up 1\n']);
  }
  const head = await fetch(`${url}/metrics`, { method: 'HEAD' });
  expect([head.status, await head.text()]).toEqual([200, '']);
});

test.each(['/', '/metrics/', '//metrics', '/Metrics', '/metrics/../metrics', '/%6detrics', '/healthz', '/debug/pprof'])('nothing else is there: %s', async (path) => {
  const { port } = await serving();
  expect(statusOf(await send(port, `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`))).toBe('HTTP/1.1 404 Not Found');
});

test.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'])('nothing can be sent: %s', async (method) => {
  const { port } = await serving();
  const answer = await send(port, `${method} /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc`);
  expect([statusOf(answer), /\r\nallow: GET, HEAD\r\n/.test(answer)]).toEqual(['HTTP/1.1 405 Method Not Allowed', true]);
});

test('whatever is sent, Prometheus is answered after it', async () => {
  const { port, url } = await serving();
  const garbage = [
    Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]),
    '\0\0\0\0\r\n\r\n',
    'GET\r\n\r\n',
    'GET /metrics HTTP/9.9\r\n\r\n',
    'GET http://[::1/metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    `GET /${'a'.repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
    `GET /metrics HTTP/1.1\r\nHost: x\r\n${'x: y\r\n'.repeat(5000)}\r\n`,
    'POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    'GET /metrics HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade, close\r\n\r\n',
  ];
  for (const bytes of garbage) await send(port, bytes);
  // Some that go in the middle of a request, and some that never read.
  for (let n = 0; n < 20; n++) connect(port, '127.0.0.1', function (this: Socket) { this.write('GET /met'); this.destroy(); }).on('error', () => undefined);
  const answer = await fetch(`${url}/metrics`);
  expect([answer.status, await answer.text()]).toEqual([200, 'up 1\n']);
});

test('a header of more than 8 KiB is refused', async () => {
  const { port } = await serving();
  expect(statusOf(await send(port, `GET /metrics HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(9000)}\r\n\r\n`))).toBe('HTTP/1.1 431 Request Header Fields Too Large');
});

test('has limits of time and number for those who connect', async () => {
  await serving();
  expect([server?.headersTimeout, server?.requestTimeout, server?.timeout, server?.maxConnections]).toEqual([10_000, 10_000, 10_000, 64]);
});

test('who asks often does not make it count often', async () => {
  let counted = 0;
  let now = 0;
  const { url } = await serving(() => Promise.resolve(`n ${++counted}\n`), () => now);
  const ask = async (): Promise<string> => (await fetch(`${url}/metrics`)).text();
  expect(await Promise.all([ask(), ask(), ask(), ask()])).toEqual(Array(4).fill('n 1\n'));
  now = 499;
  expect(await ask()).toBe('n 1\n');
  now = 500;
  expect(await ask()).toBe('n 2\n');
});

test('a failure is said in the log and not to the asker, and is not remembered', async () => {
  let fails = true;
  const { url, said } = await serving(() => (fails ? Promise.reject(new Error('in detail')) : Promise.resolve('up 1\n')));
  const answer = await fetch(`${url}/metrics`);
  expect([answer.status, await answer.text(), said]).toEqual([500, 'metrics could not be told\n', ['metrics could not be told']]);
  fails = false;
  expect((await fetch(`${url}/metrics`)).status).toBe(200);
});
