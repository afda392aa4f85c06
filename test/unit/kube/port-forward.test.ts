import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { KubeConfig } from '@kubernetes/client-node';
import WebSocket, { WebSocketServer } from 'ws';
import { openPortForward } from '../../../src/kube/port-forward.js';

/** A stand-in for an API server and the kubelet behind it: what they refuse or break cannot be had of real ones on demand. */
let server: http.Server;
let websockets: WebSocketServer;
let kubeConfig: KubeConfig;
const requests: http.IncomingMessage[] = [];
const where = { namespace: 'jobs', pod: 'capture-1', port: 9311 };

beforeEach(async () => {
  server = http.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  websockets = new WebSocketServer({ server });
  server.on('upgrade', (request) => requests.push(request));
  kubeConfig = new KubeConfig();
  kubeConfig.loadFromOptions({
    clusters: [{ name: 'c', server: `http://127.0.0.1:${(server.address() as AddressInfo).port}/prefix/`, skipTLSVerify: true }],
    users: [{ name: 'u', token: 'secret\n', impersonateUser: 'jane' }],
    contexts: [{ name: 'x', cluster: 'c', user: 'u' }],
    currentContext: 'x',
  });
});

afterEach(() => {
  for (const client of websockets.clients) client.terminate();
  websockets.close();
  server.close();
  server.closeAllConnections();
  requests.length = 0;
});

const open = (signal?: AbortSignal) => openPortForward(kubeConfig, where, { userAgent: 'test/1', signal });
const onConnection = (act: (socket: WebSocket) => void): void => void websockets.on('connection', act);
/** As a kubelet begins each channel: the port, in two bytes. */
const begin = (socket: WebSocket): void => [0, 1].forEach((channel) => socket.send(Buffer.of(channel, 0x5f, 0x24)));

test('bytes go both ways, without the channel and the port around them', async () => {
  onConnection((socket) => {
    begin(socket);
    socket.on('message', (message: Buffer) => socket.send(Buffer.concat([Buffer.of(0), Buffer.from(`heard ${message.subarray(1).toString()} on ${message[0]}`)])));
  });
  const connection = await open();
  connection.write('hello');
  expect(String((await once(connection, 'data'))[0])).toBe('heard hello on 0');
  connection.destroy();
  expect(requests[0]?.url).toBe('/prefix/api/v1/namespaces/jobs/pods/capture-1/portforward?ports=9311');
  expect(requests[0]?.headers).toMatchObject({ authorization: 'Bearer secret', 'impersonate-user': 'jane', 'user-agent': 'test/1', 'sec-websocket-protocol': 'v4.channel.k8s.io' });
});

test('it carries an HTTP call, of as many bytes as there are, slowly read', async () => {
  const sent = Buffer.alloc(8 * 2 ** 20, 'packets ');
  onConnection((socket) => {
    begin(socket);
    socket.once('message', () => {
      socket.send(Buffer.concat([Buffer.of(0), Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${sent.length}\r\n\r\n`)]));
      for (let at = 0; at < sent.length; at += 32_768) socket.send(Buffer.concat([Buffer.of(0), sent.subarray(at, at + 32_768)]));
    });
  });
  const connection = await open();
  const request = http.get({ createConnection: () => connection, path: '/' });
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  const read: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) {
    read.push(chunk);
    await new Promise(setImmediate);
  }
  expect(Buffer.concat(read).equals(sent)).toBe(true);
  connection.destroy();
});

test("a kubelet's word that nobody listens destroys the connection with it", async () => {
  onConnection((socket) => {
    begin(socket);
    socket.send(Buffer.concat([Buffer.of(1), Buffer.from('dial tcp4 127.0.0.1:9311: connect: connection refused')]));
  });
  const [error] = (await once(await open(), 'error')) as [Error];
  expect(error).toMatchObject({ name: 'KubeError', reason: 'NetworkError', message: 'dial tcp4 127.0.0.1:9311: connect: connection refused' });
});

test('a port that is closed in the pod ends the connection after the last byte', async () => {
  onConnection((socket) => {
    begin(socket);
    socket.send(Buffer.of(0, 65, 66));
    socket.close();
  });
  const connection = await open();
  let text = '';
  for await (const chunk of connection) text += String(chunk);
  expect(text).toBe('AB');
});

test('a connection that breaks is an error or an end, never silence', async () => {
  onConnection((socket) => socket.terminate());
  const connection = await open();
  connection.on('error', () => undefined).resume();
  await new Promise((resolve) => connection.once('close', resolve));
  expect(connection.destroyed).toBe(true);
});

describe('an answer that is no WebSocket', () => {
  const refuse = (status: number, body: string): void => {
    server.removeAllListeners('upgrade');
    server.on('upgrade', (_request, socket) => socket.end(`HTTP/1.1 ${status} X\r\nContent-Length: ${body.length}\r\n\r\n${body}`));
  };

  test('is the refusal that the API server meant', async () => {
    refuse(403, JSON.stringify({ kind: 'Status', code: 403, reason: 'Forbidden', message: 'pods "capture-1" is forbidden: no' }));
    await expect(open()).rejects.toMatchObject({ name: 'KubeError', status: 403, reason: 'Forbidden', message: 'pods "capture-1" is forbidden: no' });
  });

  test('of a proxy with endless words, only the first are read', async () => {
    server.removeAllListeners('upgrade');
    server.on('upgrade', (_request, socket) => {
      socket.on('error', () => undefined);
      socket.write('HTTP/1.1 502 X\r\n\r\n');
      const more = (): void => void (socket.destroyed || (socket.write('x'.repeat(65_536)), setImmediate(more)));
      more();
    });
    const error = (await open().catch((e: unknown) => e)) as Error;
    expect(error).toMatchObject({ status: 502 });
    expect(error.message.length).toBeLessThan(300);
  });
});

test('a call that is given up before it is open is Aborted', async () => {
  server.removeAllListeners('upgrade');
  const giveUp = new AbortController();
  server.on('upgrade', () => giveUp.abort());
  await expect(open(giveUp.signal)).rejects.toMatchObject({ reason: 'Aborted' });
});
