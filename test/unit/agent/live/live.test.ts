import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Live } from '../../../../src/agent/live/live.js';
import { listen } from '../../../../src/agent/live/listener.js';

const token = 'f'.repeat(64);
const session = (of = token) => ({ tokenSHA256: createHash('sha256').update(of).digest('hex') });
const IDLE_MS = 600_000;

let monotonicMs: number;
let ports: number[];
let said: string[];
let changed: () => void;
let live: Live;

beforeEach(() => {
  [monotonicMs, ports, said, changed] = [0, [], [], () => undefined];
  const log = (fields: object, message: string): void => {
    said.push(message, JSON.stringify(fields));
    if ('port' in fields) ports.push(fields.port as number);
    changed();
  };
  live = new Live({ port: 0, targets: { names: () => ['web'], find: () => undefined }, monotonic: () => monotonicMs, log: { info: log, warn: log } });
});
afterEach(() => live.close());

/** The port of the nth session, once it listens. */
async function port(nth: number): Promise<number> {
  while (ports.length < nth) await new Promise<void>((resolve) => (changed = resolve));
  return ports[nth - 1] as number;
}
function status(at: number, bearer = token): Promise<number> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port: at, path: '/v1/targets', agent: false, headers: { authorization: `Bearer ${bearer}` } }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });
}

describe('a live session', () => {
  test('opens and ends as control says, one at a time', async () => {
    live.converge(null);
    live.converge(session());
    live.converge(session());
    expect(await status(await port(1))).toBe(200);
    live.converge(session('e'.repeat(64)));
    const next = await port(2);
    await expect(status(ports[0] as number)).rejects.toThrow('ECONNREFUSED');
    expect(await status(next)).toBe(401);
    expect(await status(next, 'e'.repeat(64))).toBe(200);
    await live.close();
    await expect(status(next)).rejects.toThrow('ECONNREFUSED');
    expect(ports).toHaveLength(2);
  });

  test('ends when nobody used it for ten minutes, and its hash opens no other; a new one does', async () => {
    live.converge(session());
    const first = await port(1);
    monotonicMs = IDLE_MS - 1;
    expect(await status(first)).toBe(200);
    monotonicMs = 2 * IDLE_MS - 2;
    live.converge(session());
    expect(await status(first, 'wrong')).toBe(401);
    monotonicMs = 2 * IDLE_MS - 1;
    live.converge(session());
    live.converge(null);
    live.converge(session());
    live.converge(session('e'.repeat(64)));
    await port(2);
    await expect(status(first)).rejects.toThrow('ECONNREFUSED');
    expect(ports).toHaveLength(2);
  });

  test.each(['', 'x', `${'0'.repeat(63)}`, token.replace('f', 'g')])('does not open for what is no hash: %j', async (tokenSHA256) => {
    live.converge({ tokenSHA256 });
    live.converge(session());
    await port(1);
    expect(said.filter((text) => text.includes('is open'))).toHaveLength(1);
  });

  test('is tried again where the port is taken, and says so', async () => {
    const taken = await listen(0, () => undefined);
    const { port: number } = taken.address() as { port: number };
    const log = (_fields: object, message: string): void => (said.push(message), changed());
    live = new Live({ port: number, targets: { names: () => [], find: () => undefined }, monotonic: () => monotonicMs, log: { info: log, warn: log } });
    live.converge(session());
    await new Promise<void>((resolve) => (changed = resolve));
    expect(said).toEqual(['no live session could be opened; trying again']);
    await new Promise((resolve) => taken.close(resolve));
    live.converge(session());
    monotonicMs = 1000;
    live.converge(session());
    await new Promise<void>((resolve) => (changed = resolve));
    expect(said.at(-1)).toBe('a live session is open');
    expect(await status(number)).toBe(200);
  });
});

describe('hostile: live', () => {
  test('tokens, right and wrong → in no line of the log', async () => {
    live.converge(session());
    const at = await port(1);
    await Promise.all([status(at), status(at, 'a-wrong-token-of-somebody-else-entirely')]);
    await live.close();
    expect(said.join()).not.toMatch(/f{10}|wrong-token|[0-9a-f]{64}/);
  });

  test.each([
    ['nothing', ''],
    ['half a request line', 'GET /v1/tar'],
    ['headers that never end', 'GET /v1/targets HTTP/1.1\r\nHost: x\r\nA: '],
    ['a body that never comes', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n'],
  ])('a client that sends %s and waits → its connection is closed', async (_what, text) => {
    const server = await listen(0, (_request, response) => response.writeHead(401).end(), 200);
    const socket = connect((server.address() as { port: number }).port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.resume().write(text);
    await new Promise((resolve) => socket.on('close', resolve));
    await new Promise((resolve) => server.close(resolve));
  });
});
