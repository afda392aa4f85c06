// A flight recorder by the recipe's own ring, on the real agent: a snapshot of a quiet time, then packets are dropped, then a snapshot that has it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { merge } from '../../../src/cli/merge/merge.js';
import { specOf } from '../../unit/docs/recipe-page.js';
import { jobConfig, TestNode, type AgentProcess } from '../agent/harness/agent-process.js';
import { TestPod } from '../agent/harness/namespace.js';
import { RecipeOnTrial } from './support/expectations.js';
import { Host, Network } from './support/network.js';

const recipe = new RecipeOnTrial('intermittent-drops');
const network = new Network();
const folder = mkdtempSync(join(tmpdir(), 'recipe-recorder-'));
let pod: TestPod;
let node: TestNode;
let captured: Record<'quiet' | 'drops', string>;

/** Asks for a snapshot; one file of what it adds to the bucket. */
async function snapshot(agent: AgentProcess, token: string): Promise<string> {
  const before = new Set(node.keys);
  agent.control({ targets: [pod.target], snapshot: { token } });
  const delivered = await agent.until((report) => report.snapshots.some((one) => one.token === token && one.completionTime !== undefined), `snapshot ${token}`, 60_000);
  expect(delivered.snapshots.find((one) => one.token === token)?.packets).toMatchObject({ pending: 0, discarded: 0 });
  const inputs = node.keys.filter((key) => !before.has(key)).map((key) => ({ target: pod.target.name, path: join(node.bucket, key) }));
  const { path, problems } = await merge(inputs, folder, { file: join(folder, `${token}.pcap`), force: false }, { cwd: folder, env: process.env, signal: new AbortController().signal });
  expect(problems).toEqual([]);
  return path;
}

beforeAll(async () => {
  pod = new TestPod();
  pod.run();
  // The pod's peer passes on what a client behind it sends and gets, and is where packets are lost.
  const [web, box, client] = [new Host(pod.netns, true), new Host(pod.peerNetns, true), network.host()];
  const { device: toBox, second } = network.link(client, box);
  client.routeBy(second);
  box.forward();
  web.run('ip', 'route', 'add', 'default', 'via', pod.peerIP);
  const { interface: device, filter, snapLength, bufferSizeBytes, ring, spool, upload } = specOf(recipe.page);
  node = new TestNode(jobConfig({ tcpdump: { interface: device, filter, snapLength, bufferSizeBytes }, ring, spool: { maxSizeBytes: spool.maxSizeBytes }, upload }));
  try {
    const url = `http://${pod.podIP}:8080/ok`;
    await web.serve('http-server.mjs', 8080);
    expect(await client.does('http-client.mjs', url)).toEqual([200]);
    const agent = node.start();
    agent.control({ targets: [pod.target] });
    await agent.untilCapturing();

    expect(await client.does('http-client.mjs', url, url, url)).toEqual([200, 200, 200]);
    const quiet = await snapshot(agent, 'quiet');

    // Of what the pod sends every third packet with data is lost; of what it is sent every twentieth full one, beginning with the fifth of the ten that are
    // on their way at once; and the first SYN. Port 8081 is refused by a word. Each packet is one segment, as on a wire.
    const every = (n: number, at: number): string[] => ['-m', 'statistic', '--mode', 'nth', '--every', String(n), '--packet', String(at), '-j', 'DROP'];
    client.run('ip', 'link', 'set', toBox, 'gso_max_segs', '1');
    box.run('iptables', '-A', 'FORWARD', '-p', 'tcp', '--sport', '8080', '-m', 'length', '--length', '200:65535', ...every(3, 0));
    box.run('iptables', '-A', 'FORWARD', '-p', 'tcp', '--dport', '8080', '-m', 'length', '--length', '1000:65535', ...every(20, 4));
    web.run('iptables', '-A', 'INPUT', '-p', 'tcp', '--syn', ...every(1000, 0));
    box.run('iptables', '-A', 'INPUT', '-p', 'tcp', '--dport', '8081', '-j', 'REJECT', '--reject-with', 'icmp-admin-prohibited');
    expect(await client.does('http-client.mjs', ...Array<string>(5).fill(url), `${url}#60000`)).toEqual(Array(6).fill(200));
    expect(await web.does('http-client.mjs', `http://${pod.peerIP}:8081/`)).toEqual(['EHOSTUNREACH']);
    const drops = await snapshot(agent, '1a2b3c4d5e6f7081-2026-11-20T03:05:12Z');

    agent.control({ targets: [pod.target], stop: { reason: 'Requested' } });
    expect(await agent.exited).toBe(0);
    captured = { quiet, drops };
  } finally {
    for (const host of [web, box]) host.remove();
  }
}, 120_000);
afterAll(async () => {
  await node.remove();
  network.remove();
  pod.remove();
  rmSync(folder, { recursive: true });
});

test('the snapshot of a quiet time shows nothing', () => recipe.expectShown(captured.quiet, {}));

test('the one after the drops shows what was lost in either direction, and who refused', async () => {
  await recipe.expectShown(captured.drops, {
    'packets that this pod sent again': 'some',
    'packets that were lost on their way to this pod': 'some',
    'this pod asks for something again': 'some',
    'connections that began with a loss': 1,
    'what could not be reached': 'some',
  });
  await recipe.expectAllColumns(captured.drops);
});

test('the page names nothing that was not seen here', () => recipe.expectAllTried());
