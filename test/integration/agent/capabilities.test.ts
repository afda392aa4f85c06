// With --capture-privileges=Capabilities a capture container holds a list: it is enough for a whole run, and without any one of them something is missing.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { AHEAD } from '../../../src/agent/priority.js';
import { CAPABILITIES } from '../../../src/plan/privileges.js';
import type { Report } from '../../../src/protocol/report.js';
import { jobConfig, TestNode, type AgentProcess } from './harness/agent-process.js';
import { livePort, newToken, sessionOf, Watching } from './harness/live-client.js';
import { TestPod } from './harness/namespace.js';
import { send } from './harness/traffic.js';

const CAPTURING = 'capturing';
let pod: TestPod;
const nodes: TestNode[] = [];

/** Runs a program as root whose bounding set, and so what it and its children can ever hold, is this list. */
const holding = (capabilities: string[]): string[] => ['setpriv', '--inh-caps=-all', `--bounding-set=${['-all', ...capabilities.map((name) => `+${name.toLowerCase()}`)].join()}`];

function start(capabilities: string[]): { node: TestNode; agent: AgentProcess } {
  const node = new TestNode(jobConfig());
  nodes.push(node);
  const agent = node.start('agent-1', {}, { wrap: holding(capabilities) });
  agent.control({ targets: [pod.target] });
  return { node, agent };
}

const stateOf = ({ targets: [target] }: Report): string | undefined => (target?.state === 'Capturing' ? CAPTURING : target?.message);

/** How far an agent comes: `capturing`, or what it says is missing, and how far ahead of others it runs. */
async function outcomeOf(missing: string): Promise<{ state: string | undefined; priority: number }> {
  const { agent } = start(CAPABILITIES.filter((name) => name !== missing));
  const report = await agent.until((r) => stateOf(r) !== undefined, `a word without ${missing}`);
  return { state: stateOf(report), priority: getPriority(agent.child.pid) };
}

beforeAll(() => {
  pod = new TestPod();
  // As Pod Security's `restricted` has it: another user, and no capability.
  pod.run(['nsenter', `--net=/run/netns/${pod.netns}`, 'setpriv', '--reuid=1000', '--regid=1000', '--clear-groups', '--inh-caps=-all', '--bounding-set=-all', 'sleep', 'infinity']);
});
afterAll(async () => {
  await Promise.all(nodes.map((node) => node.remove()));
  pod.remove();
});

test('a whole run needs no more than the list, watched live', async () => {
  const { node, agent } = start(CAPABILITIES);
  const token = newToken();
  agent.control({ targets: [pod.target], live: sessionOf(token) });
  const watching = await Watching.from(await livePort(agent), pod.target.name, token);
  await agent.untilCapturing();
  expect(getPriority(agent.child.pid)).toBe(AHEAD);
  await send(pod, { count: 500, perSecond: 2000 });
  await agent.untilCaptured(500);
  agent.control({ targets: [pod.target], live: sessionOf(token), stop: { reason: 'Requested' } });
  expect((await agent.exited) === 0 ? '' : agent.stderr).toBe('');
  expect(node.records().map((r) => r.number)).toEqual(Array.from({ length: 500 }, (_, n) => n));
  expect(await watching.ended).toEqual({ 'packetcapture-end': 'TargetEnded', 'packetcapture-packets': '500' });
  expect(node.manifest().targets[0]?.interfaces.map(({ name }) => name).sort()).toEqual(['eth0', 'lo']);
  expect(node.spoolFiles).toEqual([]);
}, 30_000);

test('the list lets an agent remove its folder of the node, which it reaches by the root of the node’s first process', () => {
  const folder = mkdtempSync(join(tmpdir(), 'spool-'));
  execFileSync('unshare', ['--pid', '--fork', '--mount-proc', 'sh', '-c', '"$@"; exit $?', 'first', ...holding(CAPABILITIES), 'rmdir', `/proc/1/root${folder}`]);
  expect(existsSync(folder)).toBe(false);
});

test('each of the list is needed', async () => {
  const found = await Promise.all(CAPABILITIES.map(async (missing) => [missing, await outcomeOf(missing)] as const));
  expect(Object.fromEntries(found)).toEqual({
    NET_RAW: { state: expect.stringContaining("You don't have permission to perform this capture"), priority: AHEAD },
    SETGID: { state: expect.stringContaining("Couldn't change to 'root'"), priority: AHEAD },
    SYS_ADMIN: { state: expect.stringContaining('none of the 1 network namespaces of its processes holds'), priority: AHEAD },
    SYS_NICE: { state: CAPTURING, priority: 0 },
    SYS_PTRACE: { state: expect.stringContaining('no process of the pod runs on this node yet'), priority: AHEAD },
  });
}, 30_000);
