// Attacks on a live session: by those who reach the listener and do not know its token, and by those who should not reach it.
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../../eventually.js';
import { jobConfig, TestNode, type AgentProcess } from '../harness/agent-process.js';
import { ask, livePort, newToken, sessionOf, Watching } from '../harness/live-client.js';
import { TestPod } from '../harness/namespace.js';
import { expectBalanced } from '../harness/oracle.js';
import { send } from '../harness/traffic.js';

const token = newToken();
let pod: TestPod;
let node: TestNode;
let agent: AgentProcess;
let port: number;

beforeAll(async () => {
  pod = new TestPod();
  pod.run();
  node = new TestNode(jobConfig());
  agent = node.start();
  agent.control({ targets: [pod.target], live: sessionOf(token) });
  port = await livePort(agent);
  await agent.untilCapturing();
}, 30_000);
afterAll(async () => {
  await node.remove();
  pod.remove();
});

/** All that comes back for some bytes, until the connection ends. */
function said(text: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket: Socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.setEncoding('latin1').on('data', (part: string) => (answer += part));
    socket.on('error', () => undefined).on('close', () => resolve(answer));
  });
}
const statuses = (answer: string): string[] => [...answer.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status = '']) => status);

describe('hostile: live', () => {
  test.each(['/v1/targets', '/v1/targets/web-0', '/', '/v1/targets/../../../etc/passwd', '/metrics'])('a port-forward without the token that asks for %s → 401 and nothing else', async (path) => {
    for (const wrong of ['', 'wrong', newToken(), sessionOf(token).tokenSHA256]) expect(await ask(port, path, wrong)).toEqual({ status: 401, body: Buffer.alloc(0) });
  });

  test.each(['/v1/targets/..%2f..%2fjournal', '/v1/targets/../../captures', '/v1/targets/.', '/v1/targets/__proto__', '/v1/targets/constructor', `/v1/targets/${'a'.repeat(4000)}`])('the token and a name that leads elsewhere, %s → 404', async (path) => {
    expect(await ask(port, path, token)).toEqual({ status: 404, body: Buffer.alloc(0) });
  });

  const authorized = `Host: x\r\nAuthorization: Bearer ${token}\r\n`;
  test.each([
    ['a second request in the body of a first', `GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 300\r\n\r\nGET /v1/targets HTTP/1.1\r\n${authorized}\r\n`, ['401']],
    ['length and chunks at once', `GET /v1/targets HTTP/1.1\r\n${authorized}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /v1/targets HTTP/1.1\r\n${authorized}\r\n`, []],
    ['two lengths', `GET /v1/targets HTTP/1.1\r\n${authorized}Content-Length: 0\r\nContent-Length: 9\r\n\r\n`, []],
    ['a request behind one without a token', `GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /v1/targets HTTP/1.1\r\n${authorized}\r\n`, ['401']],
    ['a bare CR in a header', `GET / HTTP/1.1\r\nHost: x\r\nA: b\rAuthorization: Bearer ${token}\r\n\r\n`, []],
    ['an upgrade', `GET /v1/targets HTTP/1.1\r\n${authorized}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`, []],
    ['a CONNECT', `CONNECT 127.0.0.1:22 HTTP/1.1\r\n${authorized}\r\n`, []],
    ['a megabyte of header', `GET /v1/targets HTTP/1.1\r\n${authorized}A: ${'a'.repeat(2 ** 20)}\r\n\r\n`, []],
    ['a megabyte of path', `GET /${'a'.repeat(2 ** 20)} HTTP/1.1\r\n${authorized}\r\n`, []],
    ['ten thousand headers', `GET /v1/targets HTTP/1.1\r\n${authorized}${'A: b\r\n'.repeat(10_000)}\r\n`, []],
    ['no HTTP', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', []],
  ])('%s → one refusal at most, and the connection is closed', async (_what, text, expected) => {
    const answer = await said(text);
    expect(statuses(answer)).toEqual(expected);
    expect(answer).not.toContain(pod.target.name);
  });

  test('two hundred connections that say nothing, and a session of many streams → it answers who knows the token, 16 streams at a time, and captures on', async () => {
    const sockets = Array.from({ length: 200 }, () => connect(port, '127.0.0.1').on('error', () => undefined));
    await eventually('those that are too many are closed', () => sockets.filter(({ destroyed }) => destroyed).length >= 200 - 32);
    for (const socket of sockets) socket.destroy();
    await eventually('the listener answers again', async () => (await ask(port, '/v1/targets', token)).status === 200);
    const streams = await Promise.all(Array.from({ length: 16 }, () => Watching.from(port, pod.target.name, token)));
    expect((await ask(port, `/v1/targets/${pod.target.name}`, token)).status).toBe(503);
    await send(pod, { count: 1000, perSecond: 2000 });
    await Promise.all(streams.map((stream) => eventually('each has every packet', () => stream.numbers.length === 1000)));
    for (const stream of streams) stream.close();
    await eventually('there is room again', async () => {
      const stream = await Watching.from(port, pod.target.name, token, 'now');
      stream.close();
      return true;
    });
    await agent.untilCaptured(1000);
    expectBalanced(agent.report);
    expect(agent.stderr).not.toContain(token);
  }, 30_000);

  test('a session of another capture, with the hash of its token → its token opens nothing here', async () => {
    const other = new TestNode(jobConfig({ runID: '20261120T030512Z-aaaaaa' }));
    try {
      const its = newToken();
      const stranger = other.start();
      stranger.control({ targets: [pod.target], live: sessionOf(its) });
      const itsPort = await livePort(stranger);
      expect((await ask(itsPort, '/v1/targets', its)).status).toBe(200);
      expect((await ask(itsPort, '/v1/targets', token)).status).toBe(401);
      expect((await ask(port, '/v1/targets', its)).status).toBe(401);
    } finally {
      await other.remove();
    }
  }, 30_000);
});

describe('hostile: live', () => {
  test('whoever is in the network namespace of the target, of the node, or beside the capture pod → finds nothing that listens', async () => {
    const agentPod = new TestPod('agent');
    const home = new TestNode(jobConfig());
    try {
      const within = home.start('agent-1', {}, { wrap: ['nsenter', `--net=/run/netns/${agentPod.netns}`] });
      within.control({ targets: [pod.target], live: sessionOf(token) });
      const at = await livePort(within);
      const inode = (path: string): string => execFileSync('stat', ['-Lc', '%i', path], { encoding: 'utf8' });
      expect(inode(`/proc/${within.child.pid}/ns/net`)).toBe(inode(`/run/netns/${agentPod.netns}`));
      const listening = readFileSync(`/proc/${within.child.pid}/net/tcp`, 'utf8').split('\n').flatMap((line) => (line.trim().split(/\s+/)[3] === '0A' ? [line.trim().split(/\s+/)[1]] : []));
      expect(listening).toEqual([`0100007F:${at.toString(16).toUpperCase().padStart(4, '0')}`]);
      expect(readFileSync(`/proc/${within.child.pid}/net/tcp6`, 'utf8').split('\n').filter((line) => line.trim().split(/\s+/)[3] === '0A')).toEqual([]);

      const connects = (netns: string | undefined, address: string): string => {
        const script = `require('node:net').connect(${at}, '${address}').on('connect', () => { console.log('connected'); process.exit() }).on('error', (e) => console.log(e.code)).setTimeout(2000, function () { console.log('silent'); this.destroy() })`;
        const node = [process.execPath, '-e', script];
        const [command = '', ...args] = netns === undefined ? node : ['nsenter', `--net=/run/netns/${netns}`, ...node];
        return spawnSync(command, args, { encoding: 'utf8' }).stdout.trim();
      };
      expect(connects(agentPod.netns, '127.0.0.1')).toBe('connected');
      expect(connects(pod.netns, '127.0.0.1')).toBe('ECONNREFUSED');
      expect(connects(undefined, '127.0.0.1')).toBe('ECONNREFUSED');
      // By the capture pod's own address, from beside it and from within it.
      expect(connects(agentPod.peerNetns, agentPod.podIP)).toBe('ECONNREFUSED');
      expect(connects(agentPod.netns, agentPod.podIP)).toBe('ECONNREFUSED');
    } finally {
      await home.remove();
      agentPod.remove();
    }
  }, 30_000);
});
