// The memory of a process that is answered by ten bucket servers of ill will, for as long as it lets them.
import type { Socket } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { runChild } from '../child.js';
import { answer, flood, startHostileServer } from './server.js';

const MIB = 1024 * 1024;
const CHUNKED = 'Transfer-Encoding: chunked\r\n\r\n';
const chunk = `10000\r\n${'<Upload><Key>k</Key>'.padEnd(0x10000, 'x')}\r\n`;

const BOMBS: readonly ((socket: Socket) => void)[] = [
  ...[200, 403, 500].map((status) => (socket: Socket) => flood(socket, `HTTP/1.1 ${status} So\r\n${CHUNKED}`, chunk)),
  (socket) => flood(socket, 'HTTP/1.1 200 So\r\nContent-Length: 100000000000\r\n\r\n', 'x'.repeat(MIB)),
  (socket) => flood(socket, 'HTTP/1.1 200 So\r\n', 'x: y\r\n'.repeat(1000)),
  (socket) => flood(socket, 'HTTP/1.1 200 So\r\nX: ', 'y'.repeat(MIB)),
  (socket) => flood(socket, `HTTP/1.1 200 So\r\n${CHUNKED}0\r\n`, 'x: y\r\n'.repeat(1000)),
  (socket) => flood(socket, `HTTP/1.1 200 So\r\n${CHUNKED}1;a=`, 'b'.repeat(MIB)),
  (socket) => flood(socket, '', 'HTTP/1.1 103 Hints\r\nLink: </x>\r\n\r\n'.repeat(1000)),
  (socket) => void socket.write(answer(200, '<Upload><Key>k</Key><UploadId>1</UploadId></Upload>'.repeat(40_000))),
];

describe('hostile: bucket servers', () => {
  test('ten of them, two at a time, each with a bomb of its own: bodies, heads, trailers, chunks, hints and lists without end → less than 128 MiB of memory, garbage and all, and the process lives', async () => {
    const servers = await Promise.all(BOMBS.map(() => startHostileServer()));
    const first = await startHostileServer();
    try {
      servers.forEach((server, i) => (server.onRequest = BOMBS[i] as (socket: Socket) => void));
      const { growthMiB, outcomes } = await runChild<{ growthMiB: number; outcomes: string[][] }>('hostile/client-process', { ENDPOINTS: servers.map(({ endpoint }) => endpoint).join(), FIRST: first.endpoint });
      expect(growthMiB).toBeLessThan(128);
      expect([...new Set(outcomes.flat())].sort()).toEqual(expect.arrayContaining(['AccessDenied', 'BucketUnreachable', 'StoreError']));
      expect(outcomes.flat().every((met) => /^(nothing|AccessDenied|BucketUnreachable|StoreError)$/.test(met))).toBe(true);
    } finally {
      await Promise.all([first, ...servers].map((server) => server.close()));
    }
  });
});
