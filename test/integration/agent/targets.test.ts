// Which packets a target's capture holds, and what a target that cannot be captured says.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import type { Report } from '../../../src/protocol/report.js';
import { eventually } from '../eventually.js';
import { jobConfig, tcpdumpsOf, TestNode, type JobOverrides } from './harness/agent-process.js';
import { TestPod } from './harness/namespace.js';
import { FILTER, send, startSending } from './harness/traffic.js';

let pod: TestPod;
let node: TestNode;
const STOP = { reason: 'Requested' };

beforeEach(() => {
  pod = new TestPod();
});
afterEach(async () => {
  await node.remove();
  pod.remove();
});

/** A whole run in which `act` happens while the target is captured. */
async function run(overrides: JobOverrides, act: () => Promise<unknown>, enough: (report: Report) => boolean): Promise<Report> {
  node = new TestNode(jobConfig(overrides));
  const agent = node.start();
  agent.control({ targets: [pod.target] });
  await agent.untilCapturing();
  await act();
  await agent.until(enough, 'enough');
  agent.control({ targets: [pod.target], stop: STOP });
  expect(await agent.exited).toBe(0);
  return agent.report;
}

const captured =
  (packets: number) =>
  (report: Report): boolean =>
    report.ledger.packets.captured >= packets;

describe('a captured target', () => {
  test('yields what its filter and interface ask for, in the link type of the interface', async () => {
    pod.run();
    const report = await run({ tcpdump: { interface: 'eth0', filter: `${FILTER} and ether proto 0x0800`, snapLength: 64 } }, () => send(pod, { count: 300, perSecond: 3000, bytes: 500 }), captured(300));
    expect(report.ledger.packets).toMatchObject({ captured: 300, uploaded: 300 });
    expect(node.manifest().targets[0]).toMatchObject({ interface: 'eth0', linkType: 'EN10MB' });
    expect(node.read(node.keys[0] as string).length).toBe(24 + 300 * (16 + 64));
  }, 20_000);

  test('holds the loopback traffic of the pod with interface any', async () => {
    pod.run();
    // On `any`, lo shows a packet when it is sent and when it is received; tcpdump drops the first.
    const report = await run({}, () => send(pod, { count: 200, perSecond: 2000, netns: pod.netns, address: '127.0.0.1' }), captured(200));
    expect(new Set(node.records().map((r) => r.number)).size).toBe(200);
    expect(report.ledger.packets.pending).toBe(0);
  }, 20_000);

  test('has nothing of another pod on the same node', async () => {
    pod.run();
    const other = new TestPod('other-0');
    try {
      other.run();
      const report = await run({}, () => Promise.all([send(pod, { count: 100, perSecond: 1000 }), send(other, { first: 5000, count: 100, perSecond: 1000 })]), captured(100));
      expect(report.ledger.packets.captured).toBe(100);
      expect(node.records().every((r) => r.number < 5000)).toBe(true);
    } finally {
      other.remove();
    }
  }, 20_000);

  test('goes on when its container is restarted, and when only the sandbox process is left', async () => {
    pod.run();
    const container = pod.run(['nsenter', `--net=/run/netns/${pod.netns}`, 'sleep', 'infinity'], 'app');
    const report = await run(
      {},
      async () => {
        await send(pod, { count: 100, perSecond: 1000 });
        container.kill('SIGKILL');
        await send(pod, { first: 100, count: 100, perSecond: 1000 });
      },
      captured(200),
    );
    expect(report).toMatchObject({ gaps: { count: 0 }, ledger: { packets: { captured: 200, uploaded: 200 } } });
  }, 20_000);

  test("is the pod's own netns, not that of a process that made another with the pod's IP", async () => {
    const impostor = `ip address add ${pod.podIP}/24 dev lo && ip link set lo up && exec sleep infinity`;
    pod.run();
    pod.run(['unshare', '-Urn', 'sh', '-c', impostor], 'app');
    const report = await run({}, () => send(pod, { count: 100, perSecond: 1000 }), captured(100));
    expect(report.ledger.packets.uploaded).toBe(100);
  }, 20_000);

  test('is waited for where its sandbox does not run yet', async () => {
    node = new TestNode(jobConfig());
    const agent = node.start();
    agent.control({ targets: [pod.target] });
    const waiting = await agent.until((r) => r.targets[0]?.reason === 'NetworkNamespaceNotFound', 'waiting');
    expect(waiting.targets[0]).toMatchObject({ state: 'Pending', message: expect.stringContaining(pod.uid) });
    pod.run();
    await agent.untilCapturing();
    agent.control({ targets: [pod.target], stop: STOP });
    expect(await agent.exited).toBe(0);
  }, 20_000);

  test('never is the netns of the node', async () => {
    pod.run(['sleep', 'infinity']);
    node = new TestNode(jobConfig());
    const agent = node.start();
    agent.control({ targets: [{ ...pod.target, podIPs: [] }] });
    const waiting = await agent.until((r) => r.targets[0]?.reason === 'NetworkNamespaceNotFound', 'refusal');
    expect(waiting.targets[0]?.message).toContain("node's own network namespace");
    agent.control({ targets: [{ ...pod.target, hostNetwork: true }] });
    expect(await agent.exited).toBe(0);
    expect(agent.report.targets[0]).toMatchObject({ state: 'Failed', reason: 'HostNetwork' });
  }, 20_000);
});

describe('a target that cannot be captured as asked', () => {
  const failures: [string, JobOverrides['tcpdump'], string, RegExp][] = [
    ['no such interface', { interface: 'eth7' }, 'InterfaceNotFound', /eth7.*it has .*eth0/],
    ['a filter that does not compile', { filter: 'tcp port' }, 'InvalidFilter', /syntax error/],
    ['a filter not for its link type', { filter: 'ether host 00:11:22:33:44:55' }, 'InvalidFilter', /tcpdump says/],
  ];
  test.each(failures)('%s fails it, and the run is done', async (_, tcpdump, reason, message) => {
    pod.run();
    node = new TestNode(jobConfig({ ...(tcpdump && { tcpdump }) }));
    const agent = node.start();
    agent.control({ targets: [pod.target] });
    expect(await agent.exited).toBe(0);
    expect(agent.report).toMatchObject({ done: true, phase: 'Done', stopReason: 'Failed', targets: [{ state: 'Failed', reason, message: expect.stringMatching(message) }] });
    expect(node.manifest()).toMatchObject({ final: true, targets: [{ state: 'Failed', reason }] });
    expect(tcpdumpsOf(pod)).toEqual([]);
  }, 20_000);
});

describe('a limit', () => {
  test('of packets ends the target within about a second of traffic', async () => {
    pod.run();
    node = new TestNode(jobConfig());
    const agent = node.start();
    agent.control({ targets: [pod.target], limits: { maxPackets: 500 } });
    await agent.untilCapturing();
    const traffic = startSending(pod, { perSecond: 500 });
    expect(await agent.exited).toBe(0);
    await traffic.stop();
    const { report } = agent;
    expect(report).toMatchObject({ stopReason: 'MaxPackets', gaps: { count: 0 }, targets: [{ stopReason: 'MaxPackets', state: 'Ended' }] });
    expect(report.ledger.packets.captured).toBeGreaterThanOrEqual(500);
    expect(report.ledger.packets.captured).toBeLessThan(1300);
    expect(report.ledger.packets.uploaded).toBe(report.ledger.packets.captured);
  }, 20_000);

  test('of bytes that is edited while the run lasts ends the target', async () => {
    pod.run();
    node = new TestNode(jobConfig());
    const agent = node.start();
    agent.control({ targets: [pod.target], limits: { maxSizeBytes: 1e9 } });
    await agent.untilCapturing();
    await send(pod, { count: 1000, perSecond: 5000, bytes: 1000 });
    await agent.untilCaptured(1000);
    agent.control({ targets: [pod.target], limits: { maxSizeBytes: 1e6 } });
    expect(await agent.exited).toBe(0);
    expect(agent.report).toMatchObject({ stopReason: 'MaxSize', ledger: { packets: { uploaded: 1000 } } });
  }, 20_000);

  test('of time counts from the first moment that tcpdump listens, over a restart of the container', async () => {
    pod.run();
    node = new TestNode(jobConfig());
    const first = node.start();
    first.control({ targets: [pod.target], remainingMs: 4000 });
    const started = await first.untilCapturing();
    await first.kill();
    const second = node.start();
    expect(await second.exited).toBe(0);
    expect(second.report.stopReason).toBe('Duration');
    expect(second.report.captureStartTime).toBe(started.captureStartTime);
    const ranMs = Date.parse(second.report.targets[0]?.stopTime ?? '') - Date.parse(started.captureStartTime ?? '');
    expect(ranMs).toBeGreaterThanOrEqual(3990);
    expect(ranMs).toBeLessThan(8000);
  }, 20_000);

  test('a target that is gone ends alone; the others go on, and so does the run until the operator ends it', async () => {
    pod.run();
    const next = new TestPod('web-1');
    try {
      next.run();
      node = new TestNode(jobConfig());
      const agent = node.start();
      agent.control({ targets: [pod.target] });
      await agent.until((r) => r.targets.some((t) => t.state === 'Capturing'), 'capturing');
      await send(pod, { count: 100, perSecond: 1000 });
      await agent.untilCaptured(100);
      const gone = { ...pod.target, gone: true };
      agent.control({ targets: [gone] });
      await agent.until((r) => r.targets.some((t) => t.state === 'Ended') && r.ledger.packets.uploaded === 100, 'ended and delivered');
      agent.control({ targets: [gone, next.target] });
      await agent.until((r) => r.targets.some((t) => t.state === 'Capturing'), 'capturing its successor');
      await send(next, { first: 1000, count: 100, perSecond: 1000 });
      await agent.untilCaptured(200);
      agent.control({ targets: [gone, { ...next.target, gone: true }], stop: { reason: 'TargetGone' } });
      expect(await agent.exited).toBe(0);
      expect(agent.report).toMatchObject({ stopReason: 'TargetGone', ledger: { packets: { captured: 200, uploaded: 200 } } });
      expect(agent.report.targets.map((t) => [t.name, t.stopReason, t.ledger.packets.uploaded])).toEqual([
        [pod.target.name, 'TargetGone', 100],
        [next.target.name, 'TargetGone', 100],
      ]);
    } finally {
      next.remove();
    }
  }, 30_000);
});

describe('an agent', () => {
  test.each([
    ['no job config', { PACKETCAPTURE_JOB: '' }, 'PACKETCAPTURE_JOB'],
    ['a spool folder outside its place', { PACKETCAPTURE_JOB: JSON.stringify({ ...jobConfig(), spoolDirectory: '../etc' }) }, 'spoolDirectory'],
  ])('with %s says so and exits with 78', async (_, env, said) => {
    node = new TestNode(jobConfig());
    const agent = node.start('agent-1', env);
    expect(await agent.exited).toBe(78);
    expect(agent.stderr).toContain(said);
  });

  test('that is not addressed captures nothing and says nothing', async () => {
    pod.run();
    node = new TestNode(jobConfig());
    const agent = node.start();
    agent.control({ targets: [pod.target], podUID: 'another' });
    agent.control(null);
    // It looks for control once it watches the folder, and heeds SIGTERM since before that. SigCgt would not say so: Node itself catches it from its first moment on.
    const watches = (): boolean => readdirSync(`/proc/${agent.child.pid}/fdinfo`).some((fd) => readFileSync(`/proc/${agent.child.pid}/fdinfo/${fd}`, 'utf8').includes('inotify wd:'));
    await eventually('the agent watches for control', watches, { timeoutMs: 60_000 });
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect([agent.reports, node.spoolFiles, tcpdumpsOf(pod)]).toEqual([[], [], []]);
    agent.child.kill('SIGTERM');
    expect(await agent.exited).toBe(75);
  });
});
