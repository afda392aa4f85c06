// The hostile server itself: an attack that does not happen shows nothing.
import * as http from 'node:http';
import * as net from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { answer, flood, startHostileServer, type HostileServer } from './server.js';

let server: HostileServer;
beforeEach(async () => void (server = await startHostileServer()));
afterEach(() => server.close());

const connect = () => net.connect(server.port, '127.0.0.1').setEncoding('latin1').on('error', () => undefined);
const heardUntil = (socket: net.Socket, isEnough: (text: string) => boolean) =>
  new Promise<string>((resolve) => {
    let text = '';
    socket.on('data', (piece: string) => isEnough((text += piece)) && resolve(text)).on('close', () => resolve(text));
  });

test('hears requests whole, in pieces, several on a connection, and counts them', async () => {
  server.onRequest = (socket, { body, nth }) => void socket.write(answer(200, `${nth}:${body.toString()};`));
  const socket = connect();
  socket.write('PUT /a?b=c HTTP/1.1\r\nContent-Le');
  setTimeout(() => socket.write('ngth: 4\r\nX-Y: z\r\n\r\nbo'), 20);
  setTimeout(() => socket.write('dyGET /d HTTP/1.1\r\n\r\n'), 40);
  expect(await heardUntil(socket, (text) => text.includes('2:;'))).toContain('1:body;');
  expect(server.heard).toMatchObject([{ method: 'PUT', path: '/a?b=c', headers: { 'x-y': 'z' }, nth: 1 }, { method: 'GET', path: '/d', nth: 2 }]);
  expect(server.connections).toBe(1);
  socket.destroy();
});

test('answers at the head, before the body', async () => {
  server.onHead = (socket) => socket.write(answer(413));
  const socket = connect();
  socket.write('PUT / HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n');
  expect(await heardUntil(socket, (text) => text.includes('\r\n\r\n'))).toMatch(/^HTTP\/1.1 413 So\r\nContent-Length: 0\r\n/);
  socket.destroy();
});

test('its well-formed answers are', async () => {
  server.onRequest = (socket) => void socket.write(answer(403, 'é', 'X-A: 1', 'X-B: 2'));
  const response = await new Promise<http.IncomingMessage>((resolve) => http.get(server.endpoint, { agent: false }, resolve));
  expect(response.headers).toMatchObject({ 'x-a': '1', 'x-b': '2', 'content-length': '2' });
  expect((await response.setEncoding('utf8').toArray()).join('')).toBe('é');
});

test.each([undefined, 5])('floods for as long as it is read, every %p ms', async (everyMs) => {
  server.onConnection = (socket) => flood(socket, 'start', 'more'.repeat(5000), everyMs);
  const socket = connect();
  expect(await heardUntil(socket, (text) => text.length > 50_000)).toMatch(/^start(more)+/);
  socket.destroy();
});

test('takes a connection’s bytes after it answered early', async () => {
  server.onHead = (socket) => socket.write(answer(200));
  const socket = connect();
  socket.write(`PUT / HTTP/1.1\r\nContent-Length: 5000000\r\n\r\n`);
  await heardUntil(socket, (text) => text.includes('200'));
  await new Promise<void>((resolve) => socket.write(Buffer.alloc(5_000_000), () => resolve()));
  socket.destroy();
});
