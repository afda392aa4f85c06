import { once } from 'node:events';
import http from 'node:http';
import { connect as connectTo, type AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { streamTarget } from '../../../../src/cli/live/target-stream.js';
import { systemClock } from '../../../../src/kube/clock.js';
import { KubeError } from '../../../../src/kube/errors.js';
import { LIVE_TRAILER, type LiveFrom } from '../../../../src/protocol/live.js';
import { savefile } from '../../pcap/savefile.js';

/** A listener that does what is wanted of it: what a real one does not do on demand. */
let server: http.Server;
let port: number;
const asked: string[] = [];

beforeEach(async () => {
  asked.length = 0;
  server = http.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const file = (...seconds: number[]): Buffer => savefile(seconds.map((second) => ({ us: second * 1e6, bytes: 4 })));

/** Answers each request in its turn; the last of them again and again. */
function answers(...turns: ((response: http.ServerResponse) => void)[]): void {
  server.on('request', (request, response) => {
    asked.push(`${request.url} ${request.headers.authorization}`);
    (turns[Math.min(asked.length, turns.length) - 1] as (r: http.ServerResponse) => void)(response);
  });
}
const ends = (why: string, bytes: Buffer) => (response: http.ServerResponse): void => {
  response.writeHead(200, { Trailer: LIVE_TRAILER.end });
  response.write(bytes);
  response.addTrailers({ [LIVE_TRAILER.end]: why });
  response.end();
};

async function shown(from: LiveFrom = 'start', signal = new AbortController().signal) {
  const [seconds, holes]: [number[], string[]] = [[], []];
  await streamTarget({
    connect: async () => {
      const socket = connectTo(port, '127.0.0.1');
      await once(socket, 'connect');
      return socket;
    },
    token: 'secret',
    target: 'web-0_12345678',
    from,
    signal,
    clock: systemClock,
    onSource: () => undefined,
    onPackets: (packets) => {
      seconds.push(...packets.map((packet) => packet.seconds));
      return Promise.resolve();
    },
    onHole: (why) => holes.push(why),
  });
  return { seconds, holes };
}

test("shows a target's packets until it ends, with the token in the header alone", async () => {
  answers(ends('TargetEnded', file(1, 2, 3)));
  expect(await shown()).toEqual({ seconds: [1, 2, 3], holes: [] });
  expect(asked).toEqual(['/v1/targets/web-0_12345678?from=start Bearer secret']);
});

test('asks again, without a word, until the target is there', async () => {
  answers((response) => response.writeHead(404).end(), (response) => response.writeHead(401).end(), ends('SessionEnded', file(1)));
  expect(await shown()).toEqual({ seconds: [1], holes: [] });
  expect(asked).toHaveLength(3);
});

test('one that was read too slowly goes on from now, and says that packets are missing', async () => {
  answers(ends('TooSlow', file(1)), ends('TargetEnded', file(9)));
  const { seconds, holes } = await shown();
  expect(seconds).toEqual([1, 9]);
  expect(holes).toEqual([expect.stringContaining('too slowly')]);
  expect(asked[1]).toContain('from=now');
});

test('one that breaks off goes on from now, and says so', async () => {
  answers(
    (response) => {
      response.write(file(1));
      setImmediate(() => response.destroy());
    },
    ends('TargetEnded', file(9)),
  );
  const { seconds, holes } = await shown();
  expect(seconds).toEqual([1, 9]);
  expect(holes).toHaveLength(1);
  expect(asked[1]).toContain('from=now');
});

test('one that breaks off before its first packet begins again from the start, and misses nothing', async () => {
  answers((response) => response.destroy(), ends('TargetEnded', file(1)));
  expect(await shown()).toEqual({ seconds: [1], holes: [] });
  expect(asked[1]).toContain('from=start');
});

test('who may not reach the pod is told so, and nothing is tried again', async () => {
  const refusal = new KubeError({ status: 403, reason: 'Forbidden', message: 'no' });
  const parts = { token: 't', target: 'x_1', from: 'now' as const, signal: new AbortController().signal, clock: systemClock, onSource: () => undefined, onPackets: () => Promise.resolve(), onHole: () => undefined };
  await expect(streamTarget({ ...parts, connect: () => Promise.reject(refusal) })).rejects.toBe(refusal);
});

describe('hostile: live', () => {
  /** What it said is one line, without escapes, and of a bounded length. */
  async function survives(answer: (response: http.ServerResponse) => void): Promise<string[]> {
    answers(ends('TooSlow', file(1)), answer, ends('TargetEnded', file(9)));
    const { seconds, holes } = await shown();
    expect(seconds).toEqual([1, 9]);
    for (const hole of holes) expect(hole).toMatch(/^[^\p{C}]{1,300}$/u);
    return holes;
  }

  test('a listener that sends endless headers → given up, told of printably, and asked again', async () => {
    await survives((response) => {
      const { socket } = response;
      socket?.write('HTTP/1.1 200 OK\r\n');
      socket?.on('error', () => undefined);
      const more = (): void => void (socket?.destroyed || (socket?.write(`X: ${'a'.repeat(4000)}\r\n`), setImmediate(more)));
      more();
    });
  });

  test('a listener that sends garbage, and escapes, in the place of packets → told of printably, and asked again', async () => {
    expect(await survives((response) => response.end('\u001B]0;title\u0007 no packets at all, not one'))).toEqual([expect.any(String), expect.stringContaining('it begins with')]);
  });

  test('a listener that announces a packet of four gigabytes → nothing is kept for it, and it is asked again', async () => {
    const bytes = file(5);
    bytes.writeUInt32LE(0xffffffff, 24 + 8);
    expect(await survives((response) => response.end(bytes))).toHaveLength(2);
  });

  test('a listener that says with escapes why it ended → told of printably', async () => {
    expect(await survives(ends('\u009b2J'.repeat(30), file()))).toHaveLength(2);
  });
});

test('is given up at once', async () => {
  const giveUp = new AbortController();
  answers(() => giveUp.abort());
  expect(await shown('now', giveUp.signal)).toEqual({ seconds: [], holes: [] });
});
