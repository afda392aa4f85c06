// A session with a client that takes nothing: what its files may wait for, and what becomes of its stream.
import { createHash } from 'node:crypto';
import { get, type IncomingMessage } from 'node:http';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Live } from '../../../../src/agent/live/live.js';
import type { Place } from '../../../../src/agent/live/places.js';

const token = 'f'.repeat(64);
const RECORD = 16 + 60_000;
/** 24 MB: more than sockets hold and is read ahead. */
const FIRST = 400;
const SECOND = 10;
const place = (name: string): Place => ({ attempt: 1, start: 1, name });

let folder: string;
let monotonicMs: number;
let isOver: boolean;
let live: Live;
let response: IncomingMessage;
let signal: AbortController;

function savefile(packets: number): Buffer {
  const bytes = Buffer.alloc(24 + packets * RECORD);
  bytes.writeUInt32LE(0xa1b2c3d4, 0);
  for (let n = 0; n < packets; n += 1) bytes.writeUInt32LE(60_000, 24 + n * RECORD + 8);
  return bytes;
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'session-'));
  mkdirSync(join(folder, '01-0001'));
  writeFileSync(join(folder, '01-0001/capture.'), savefile(FIRST));
  writeFileSync(join(folder, '01-0001/capture.1'), savefile(SECOND));
  [monotonicMs, isOver, signal] = [0, false, new AbortController()];
  let opened: (port: number) => void;
  const port = new Promise<number>((resolve) => (opened = resolve));
  const log = (fields: object): void => 'port' in fields ? opened(fields.port as number) : undefined;
  const target = { name: 'web', folder, tail: () => undefined, isOver: () => isOver };
  live = new Live({ port: 0, targets: { names: () => ['web'], find: (name) => (name === 'web' ? target : undefined) }, monotonic: () => monotonicMs, log: { info: log, warn: log } });
  live.converge({ tokenSHA256: createHash('sha256').update(token).digest('hex') });
  const at = await port;
  response = await new Promise((resolve, reject) => get({ host: '127.0.0.1', port: at, path: '/v1/targets/web?from=start', agent: false, headers: { authorization: `Bearer ${token}` } }, resolve).on('error', reject));
});
afterEach(async () => {
  response.destroy();
  await live.close();
  rmSync(folder, { recursive: true });
});

/** Takes all that comes, to its end. */
async function taken(): Promise<{ bytes: number; trailers: NodeJS.Dict<string> }> {
  let bytes = 0;
  response.on('data', (chunk: Buffer) => (bytes += chunk.length));
  await new Promise((resolve) => response.on('close', resolve));
  return { bytes, trailers: response.trailers };
}

test('a delivered file stays for a reader while there is room, and goes at once where there is none', async () => {
  let hasRoom = true;
  let looks = 0;
  const gone = live.untilRead('web', place('capture.'), () => (looks += 1) > 0 && hasRoom, signal.signal).then(() => 'gone');
  while (looks < 3) await new Promise((resolve) => setImmediate(resolve));
  expect(await Promise.race([gone, Promise.resolve('there')])).toBe('there');
  hasRoom = false;
  expect(await gone).toBe('gone');
});

test.each([
  ['its time is over', () => (monotonicMs = 5000)],
  ['the agent ends', () => signal.abort()],
  ['the session ends', () => live.converge(null)],
])('a delivered file goes, though it is not read, when %s', async (_what, happens) => {
  const gone = live.untilRead('web', place('capture.'), () => true, signal.signal);
  happens();
  await gone;
});

test('a file that nobody reads waits for nobody', async () => {
  await live.untilRead('another', place('capture.'), () => true, signal.signal);
});

test('a file that goes before the client took it ends the stream after a whole record, with the reason', async () => {
  await live.beforeRemoval('web', place('capture.'));
  rmSync(join(folder, '01-0001', 'capture.'));
  const { bytes, trailers } = await taken();
  expect(trailers['packetcapture-end']).toBe('TooSlow');
  expect(bytes).toBe(24 + Number(trailers['packetcapture-packets']) * RECORD);
  expect(bytes).toBeLessThan(24 + FIRST * RECORD);
});

test('a client that takes all has all, and is told how much it was', async () => {
  isOver = true;
  expect(await taken()).toEqual({ bytes: 24 + (FIRST + SECOND) * RECORD, trailers: { 'packetcapture-end': 'TargetEnded', 'packetcapture-packets': String(FIRST + SECOND) } });
});
