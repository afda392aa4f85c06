// Answers of ill will below XML: heads, lengths, chunks, connections, and time.
import { gzipSync } from 'node:zlib';
import type { Socket } from 'node:net';
import { describe, expect, jest, test } from '@jest/globals';
import { bytesBody } from '../../../../src/storage/body.js';
import { putAgain } from '../../../../src/storage/verified-put.js';
import { never, scene, storeAt, suffer, VERBS } from './attack.js';
import { answer, flood } from './server.js';

jest.setTimeout(30_000);
const here = scene();
const KIB = 1024;
const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';

const saying = (...pieces: (string | Buffer)[]) => (socket: Socket): void => {
  for (const piece of pieces) socket.write(piece);
};
const flooding = (start: string, piece: string, everyMs?: number) => (socket: Socket): void => flood(socket, start, piece, everyMs);

describe('hostile: bucket servers', () => {
  test.each<[string, string, (socket: Socket) => void, RegExp, number]>([
    ['10,000 headers', 'read up to 16 KiB, then unreachable', saying(`HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(10_000)}\r\n`), /header/i, 256],
    ['a header of 1 MB', 'read up to 16 KiB, then unreachable', saying(`HTTP/1.1 200 OK\r\nETag: "${'a'.repeat(1_000_000)}"\r\n\r\n`), /header/i, 256],
    ['a reason phrase without end', 'cut off', flooding('HTTP/1.1 200 ', 'O'.repeat(KIB)), /header|not done within/i, 256],
    ['trailers without end', 'cut off', flooding(`${CHUNKED}0\r\n`, 'x: y\r\n'.repeat(1000)), /aborted/, 256],
    ['a chunk extension without end', 'cut off', flooding(`${CHUNKED}1;a=`, 'b'.repeat(KIB)), /aborted/, 256],
    ['a chunk of 2^64 bytes', 'no HTTP', saying(`${CHUNKED}1FFFFFFFFFFFFFFFFF\r\n`), /aborted/, 64],
    ['a chunk of negative size', 'no HTTP', saying(`${CHUNKED}-1\r\nx`), /aborted/, 64],
    ['a Content-Length below zero', 'no HTTP', saying('HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n'), /Content-Length/i, 64],
    ['a Content-Length of 10^30', 'no HTTP', saying(`HTTP/1.1 200 OK\r\nContent-Length: 1${'0'.repeat(30)}\r\n\r\n`), /Content-Length/i, 64],
    ['two Content-Lengths', 'no HTTP', saying('HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'), /Content-Length/i, 64],
    ['Content-Length beside Transfer-Encoding', 'no HTTP', saying('HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'), /Content-Length|Transfer-Encoding/i, 64],
    ['a status of five digits', 'no HTTP', saying('HTTP/1.1 20000 OK\r\nContent-Length: 0\r\n\r\n'), /Parse Error/, 64],
    ['a status line hidden in a header', 'no HTTP', saying('HTTP/1.1 403 No\r\nX: a\rHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'), /Parse Error/, 64],
    ['HTTP/0.9', 'no HTTP', saying('<Error>no head</Error>\r\n'), /no HTTP/, 64],
    ['HTTP/2', 'no HTTP', saying(Buffer.from([0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 100])), /Parse Error/, 64],
    ['an upgrade to another protocol', 'no answer, the connection is closed at once', saying('HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nhello'), /change to another protocol/, 64],
    ['103 Early Hints as fast as they are read', 'the hundred and first ends it', flooding('', 'HTTP/1.1 103 Hints\r\nLink: </x>\r\n\r\n'.repeat(10)), /more than 100 interim answers/, 256],
    ['half a farewell: it sends no more and stays', 'unreachable at once', (socket) => void socket.end(), /hang up/, 64],
    ['a reset', 'unreachable at once', (socket) => void socket.resetAndDestroy(), /ECONNRESET/, 64],
  ])('%s → %s', async (_attack, _shown, react, words, kib) => {
    for (const verb of [VERBS.get, VERBS.put]) {
      here.server.onRequest = react;
      const { error } = await suffer(here, verb, kib * KIB);
      expect(error?.reason).toBe('BucketUnreachable');
      expect(error?.message).toMatch(words);
    }
  });

  test.each<[string, string, (socket: Socket) => void, RegExp]>([
    ['a longer Content-Length than its body', 'a stall, and no body is believed', saying('HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\nabc'), /no byte in either direction/],
    ['100 Continue without end', 'given up in time', flooding('', 'HTTP/1.1 100 Continue\r\n\r\n', 20), /not done within/],
    ['one byte of a head at a time', 'given up in time', flooding('HTTP/1.1 200 OK\r\nX: ', 'y', 50), /not done within/],
    ['one byte of a body at a time', 'given up in time', flooding('HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n', 'y', 50), /not done within/],
    ['silence', 'given up after the stall', saying(), /no byte in either direction/],
  ])('%s → %s', async (_attack, _shown, react, words) => {
    here.store = storeAt(here.server.endpoint, { limits: { stallMs: 700, requestMs: 1000 } });
    here.server.onRequest = react;
    const { error } = await suffer(here, VERBS.get, 64 * KIB);
    expect(error?.reason).toBe('BucketUnreachable');
    expect(error?.message).toMatch(words);
  });

  test.each<[string, (socket: Socket) => void]>([
    ['closed before a word', (socket) => void socket.destroy()],
    ['that speaks first, another protocol', (socket) => void socket.end('SSH-2.0-OpenSSH_9.2\r\n')],
  ])('a connection %s → unreachable, nothing is believed', async (_, react) => {
    here.server.onConnection = react;
    expect((await suffer(here, VERBS.get)).error?.reason).toBe('BucketUnreachable');
  });

  test.each([200, 403, 500])('a body without end, in chunks, with HTTP %d → cut off at its limit', async (status) => {
    here.server.onRequest = (socket) => flood(socket, `HTTP/1.1 ${status} So\r\nTransfer-Encoding: chunked\r\n\r\n`, `2000\r\n${'x'.repeat(0x2000)}\r\n`);
    const { error } = await suffer(here, VERBS.get, 256 * KIB);
    expect(error?.reason).toBe(status === 403 ? 'AccessDenied' : 'StoreError');
  });

  test('a shorter Content-Length than its body, which goes on as a second answer → the rest is no answer to anything', async () => {
    here.server.onRequest = (socket) => void socket.write(`HTTP/1.1 404 No\r\nContent-Length: 1\r\n\r\nx${answer(200, 'forged', 'ETag: "f"').toString()}`);
    const { value, error } = await suffer(here, VERBS.get);
    expect(value).toBeUndefined();
    expect(error).toBeUndefined();
  });

  test.each([
    ['a second answer that nobody asked for', answer(200, '', 'ETag: "forged"', 'Last-Modified: forged')],
    ['half of an answer that nobody asked for', Buffer.from('HTTP/1.1 200 OK\r\nETag: "forged"\r\n')],
  ])('%s, on a connection that is kept → it is not taken for the answer to the next request', async (_, unasked) => {
    here.server.onRequest = (socket, { nth }) => {
      socket.write(answer(404));
      if (nth === 1) setTimeout(() => socket.write(unasked), 20);
    };
    await expect(VERBS.head(here.store)).resolves.toBeUndefined();
    await new Promise((resolve) => setTimeout(resolve, 60));
    for (let i = 0; i < 3; i++) await expect(VERBS.head(here.store)).resolves.toBeUndefined();
  });

  test('a body of 100 MB packed into 100 KB → never unpacked', async () => {
    const bomb = gzipSync(Buffer.alloc(100_000_000));
    here.server.onRequest = (socket) => void socket.write(answer(200, bomb, 'Content-Encoding: gzip'));
    expect((await suffer(here, (store) => store.get('k', bomb.length, never()))).value).toEqual(bomb);
    here.server.onRequest = (socket) => void socket.write(answer(403, bomb, 'Content-Encoding: gzip'));
    expect((await suffer(here, VERBS.get)).error?.reason).toBe('AccessDenied');
  });

  test('200 before the body was read → not believed: the store is asked what it has', async () => {
    here.server.onHead = (socket, { method }) => {
      if (method === 'PUT') socket.write(answer(200, '', 'ETag: "0"'));
      return method === 'PUT';
    };
    here.server.onRequest = (socket) => void socket.write(answer(404));
    const big = bytesBody(Buffer.alloc(8 * KIB * KIB));
    expect((await suffer(here, (store) => putAgain(store, 'k', big, 'x/y', never()))).error?.reason).toBe('VerificationFailed');
  });

  test.each([[413, 'StoreError'], [417, 'StoreError'], [403, 'AccessDenied']])('HTTP %d before the body was read → %s, and no more of the body is sent', async (status, reason) => {
    let taken = 0;
    here.server.onHead = (socket) => {
      socket.write(answer(status, '<Error><Code>EntityTooLarge</Code></Error>'));
      setImmediate(() => socket.on('data', (chunk: Buffer) => (taken += chunk.length)));
      return true;
    };
    const big = bytesBody(Buffer.alloc(8 * KIB * KIB));
    expect((await suffer(here, (store) => store.put('k', big, 'x/y', never()))).error).toMatchObject({ reason, httpStatus: status });
    expect(taken).toBeLessThan(8 * KIB * KIB);
    expect(here.server.heard.every(({ headers }) => headers['expect'] === undefined)).toBe(true);
  });
});
