// A pod whose sandbox is made again under the same UID: the capture follows it into its new netns, and nowhere else.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { jobConfig, tcpdumpsOf, TestNode, type AgentProcess } from './harness/agent-process.js';
import { TestPod } from './harness/namespace.js';
import { expectBalanced, unexplained } from './harness/oracle.js';
import { startSending } from './harness/traffic.js';

let pod: TestPod;
let node: TestNode;
let sandbox: ChildProcess;
const STOP = { reason: 'Requested' };
/** More than the longest time from one look at the netns to the next look at all processes. */
const LOOKS_MS = 5000;

beforeEach(() => {
  pod = new TestPod();
  sandbox = pod.run();
});
afterEach(async () => {
  await node.remove();
  pod.remove();
});

async function capturing(device = 'any'): Promise<AgentProcess> {
  node = new TestNode(jobConfig({ ring: { fileSizeBytes: 1e6, rotateIntervalSeconds: 1 }, tcpdump: { interface: device } }));
  const agent = node.start();
  agent.control({ targets: [pod.target] });
  await agent.untilCapturing();
  return agent;
}

async function end(agent: AgentProcess): Promise<void> {
  agent.control({ targets: [pod.target], stop: STOP });
  expect(await agent.exited).toBe(0);
  expectBalanced(agent.report);
}

const gapReasons = (): string[] => node.manifest().gaps.map(({ reason }) => reason);

describe('a sandbox that is made again', () => {
  test.each(['any', 'eth0'])('with the same IP is followed on %s: every number once or in the gap NetnsReplaced', async (device) => {
    const agent = await capturing(device);
    const traffic = startSending(pod, { perSecond: 1000 });
    await agent.untilCaptured(1000);
    pod.endSandbox(sandbox);
    await once(sandbox, 'exit');
    pod.runNewSandbox();
    const moved = await agent.until((r) => r.gaps.count > 0, 'the gap');
    await agent.untilCaptured(moved.ledger.packets.captured + 1000);
    expect(tcpdumpsOf(pod)).toHaveLength(1);
    const sent = await traffic.stop();
    await end(agent);
    expect(unexplained(node, sent, 1)).toEqual({ missing: [], twice: [] });
    expect(gapReasons()).toEqual(['NetnsReplaced']);
    expect(agent.report.gaps.seconds).toBeLessThan(15);
  }, 60_000);

  test('with another IP is followed as soon as control names that', async () => {
    const agent = await capturing();
    const traffic = startSending(pod, { perSecond: 1000 });
    await agent.untilCaptured(1000);
    pod.endSandbox(sandbox);
    const before = await traffic.stop();
    pod.runNewSandbox('10.99.0.3');
    const next = startSending(pod, { first: 1e6, perSecond: 1000 });
    agent.control({ targets: [pod.target] });
    const moved = await agent.until((r) => r.gaps.count > 0, 'the gap');
    await agent.untilCaptured(moved.ledger.packets.captured + 1000);
    const sent = [...before, ...(await next.stop())];
    await end(agent);
    expect(unexplained(node, sent, 1)).toEqual({ missing: [], twice: [] });
    expect(gapReasons()).toEqual(['NetnsReplaced']);
    expect(node.manifest().targets[0]?.podIPs).toEqual(['10.99.0.3']);
  }, 60_000);

  test("is waited for: neither a process's own netns with the pod's IP is taken, nor does capturing end", async () => {
    const impostor = pod.run(['unshare', '-Urn', 'sh', '-c', `ip address add ${pod.podIP}/24 dev lo && ip link set lo up && exec sleep infinity`], 'app');
    const agent = await capturing();
    const [former] = tcpdumpsOf(pod);
    const traffic = startSending(pod, { perSecond: 500 });
    await agent.untilCaptured(500);
    const reports = agent.reports.length;
    pod.endSandbox(sandbox);
    // What was not to happen shows by then.
    await new Promise((resolve) => setTimeout(resolve, LOOKS_MS));
    expect(process.kill(former as number, 0)).toBe(true);
    expect(agent.reports.slice(reports).every((r) => r.gaps.count === 0 && r.targets[0]?.state === 'Capturing')).toBe(true);
    pod.runNewSandbox();
    const moved = await agent.until((r) => r.gaps.count > 0, 'the gap');
    await agent.untilCaptured(moved.ledger.packets.captured + 500);
    const sent = await traffic.stop();
    await end(agent);
    expect(impostor.exitCode).toBeNull();
    expect(unexplained(node, sent, 1)).toEqual({ missing: [], twice: [] });
    expect(gapReasons()).toEqual(['NetnsReplaced']);
  }, 60_000);

  test('that does not come ends with the pod, as any target', async () => {
    const agent = await capturing('eth0');
    pod.endSandbox(sandbox);
    const waiting = await agent.until((r) => r.targets[0]?.reason === 'InterfaceNotFound', 'waiting for the interface');
    expect(waiting.targets[0]).toMatchObject({ state: 'Pending' });
    agent.control({ targets: [{ ...pod.target, gone: true }], stop: { reason: 'TargetGone' } });
    expect(await agent.exited).toBe(0);
    expect(agent.report).toMatchObject({ stopReason: 'TargetGone', targets: [{ state: 'Ended', stopReason: 'TargetGone' }], gaps: { count: 1 } });
    // The netns and its interface are gone with their names.
    pod.runNewSandbox();
  }, 60_000);
});

test('the process by which the netns was found goes, another of the pod stays in it: nothing changes', async () => {
  const container = pod.run(['nsenter', `--net=/run/netns/${pod.netns}`, 'sleep', 'infinity'], 'app');
  const agent = await capturing();
  const traffic = startSending(pod, { perSecond: 500 });
  await agent.untilCaptured(500);
  sandbox.kill('SIGKILL');
  await new Promise((resolve) => setTimeout(resolve, LOOKS_MS));
  container.kill('SIGKILL');
  const later = pod.run(['nsenter', `--net=/run/netns/${pod.netns}`, 'sleep', 'infinity'], 'app');
  await new Promise((resolve) => setTimeout(resolve, LOOKS_MS));
  const sent = await traffic.stop();
  await end(agent);
  expect(later.exitCode).toBeNull();
  expect(unexplained(node, sent, 1)).toEqual({ missing: [], twice: [] });
  expect(agent.report.gaps.count).toBe(0);
}, 60_000);
