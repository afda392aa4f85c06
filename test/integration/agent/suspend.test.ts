// A suspension on real tcpdump: capturing stops and all is delivered; taken back, the same run goes on, and the gap between is told from a loss.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Control } from '../../../src/protocol/control.js';
import type { Report } from '../../../src/protocol/report.js';
import { jobConfig, tcpdumpsOf, TestNode, type AgentProcess, type JobOverrides } from './harness/agent-process.js';
import { TestPod } from './harness/namespace.js';
import { expectBalanced, unexplained, type Sent } from './harness/oracle.js';
import { send, startSending } from './harness/traffic.js';

const STOP = { reason: 'Requested' };
let pod: TestPod;
let node: TestNode;

beforeEach(() => {
  pod = new TestPod();
  pod.run();
});
afterEach(async () => {
  await node.remove();
  pod.remove();
});

function given(overrides: JobOverrides = {}): void {
  node = new TestNode(jobConfig({ ring: { fileSizeBytes: 1e6 }, ...overrides }));
}

const ask = (agent: AgentProcess, over: Partial<Control> = {}): void => agent.control({ targets: [pod.target], ...over });
const isSuspended = (r: Report): boolean => r.phase === 'Suspended' && r.targets.every((t) => t.state === 'Suspended');
const captures = (r: Report): boolean => r.phase === 'Capturing' && r.targets.some((t) => t.state === 'Capturing');

async function stopped(agent: AgentProcess, over: Partial<Control> = {}): Promise<Report> {
  ask(agent, { stop: STOP, ...over });
  expect((await agent.exited) === 0 ? '' : agent.stderr).toBe('');
  expectBalanced(agent.report);
  return agent.report;
}

const found = (sent: Sent[], attempt = 1) => {
  const { missing, twice } = unexplained(node, sent, attempt);
  return { missing: missing.length, examples: missing.slice(0, 3), twice };
};
const NOTHING = { missing: 0, examples: [], twice: [] };
const gapsOf = (attempt = 1) => node.manifest(attempt).gaps.map(({ from, to, reason }) => ({ fromMs: Date.parse(from), toMs: Date.parse(to), reason }));

describe.each(['Continuous', 'OnDemand'])('a run (%s)', (policy) => {
  test('is suspended twice: what was sent meanwhile is in its gaps, all else is delivered once', async () => {
    given({ upload: { policy } });
    const agent = node.start();
    ask(agent);
    await agent.untilCapturing();
    const traffic = startSending(pod, { perSecond: 1500, bytes: 300 });
    const windows: { fromMs: number; toMs: number }[] = [];
    for (let times = 1; times <= 2; times += 1) {
      await agent.untilCaptured(agent.report.ledger.packets.captured + 1500);
      ask(agent, { suspend: true });
      const suspended = await agent.until((r) => isSuspended(r) && r.ledger.packets.pending === 0, 'suspended and delivered');
      expect(suspended).toMatchObject({ done: false, stopReason: 'Suspended', ledger: { packets: { uploaded: node.records().length } } });
      expect(tcpdumpsOf(pod)).toEqual([]);
      const fromMs = Date.now();
      await agent.until(() => node.manifest().ledger.packets.uploaded === suspended.ledger.packets.uploaded, 'its manifest');
      expect(node.manifest()).toMatchObject({ final: false, targets: [{ state: 'Suspended' }] });
      await agent.until(() => Date.now() - fromMs > 300, 'some time');
      windows.push({ fromMs, toMs: Date.now() });
      ask(agent);
      const resumed = await agent.until((r) => captures(r) && r.gaps.suspended.count === times, 'capturing again');
      expect(resumed.gaps.count).toBe(times);
      expect(resumed.stopReason).toBeUndefined();
    }
    await agent.untilCaptured(agent.report.ledger.packets.captured + 1000);
    const sent = await traffic.stop();
    const { gaps } = await stopped(agent);

    expect(found(sent)).toEqual(NOTHING);
    expect(gaps).toEqual({ count: 2, seconds: gaps.seconds, suspended: { count: 2, seconds: gaps.seconds } });
    expect(gapsOf().map((g) => g.reason)).toEqual(['Suspended', 'Suspended']);
    const delivered = new Set(node.records().map((r) => r.number));
    for (const [n, { fromMs, toMs }] of windows.entries()) {
      const meanwhile = sent.filter(({ ms }) => ms > fromMs && ms < toMs);
      expect(meanwhile.length).toBeGreaterThan(100);
      expect(meanwhile.filter(({ number }) => delivered.has(number))).toEqual([]);
      expect(gapsOf()[n]?.fromMs).toBeLessThan(fromMs);
      expect(gapsOf()[n]?.toMs).toBeGreaterThan(toMs);
    }
    expect(node.keys.map((key) => Number(/\/01-(\d{6})_/.exec(key)?.[1]))).toEqual(node.keys.map((_, n) => n + 1));
  }, 60_000);
});

describe('a suspended run', () => {
  test('that never captured does not begin before that is taken back', async () => {
    given();
    const agent = node.start();
    ask(agent, { suspend: true });
    await agent.until((r) => r.phase === 'Suspended', 'suspended');
    expect(agent.report.captureStartTime).toBeUndefined();
    expect(tcpdumpsOf(pod)).toEqual([]);
    ask(agent);
    await agent.untilCapturing();
    const sent = await send(pod, { count: 200, perSecond: 1000 });
    await agent.untilCaptured(200);
    const { gaps } = await stopped(agent);
    expect([found(sent), gaps.count]).toEqual([NOTHING, 0]);
  }, 30_000);

  test('stays suspended over restarts of its agent, and its time stands still', async () => {
    given();
    const first = node.start();
    ask(first, { remainingMs: 6000 });
    await first.untilCapturing();
    const traffic = startSending(pod, { perSecond: 500 });
    await first.untilCaptured(1000);
    ask(first, { remainingMs: 6000, suspend: true });
    const suspended = await first.until((r) => isSuspended(r) && r.ledger.packets.pending === 0, 'suspended');
    await first.kill('SIGKILL');
    const second = node.start();
    const again = await second.until(isSuspended, 'still suspended');
    expect(again).toMatchObject({ stopReason: 'Suspended', stopTime: suspended.stopTime, ledger: { packets: suspended.ledger.packets } });
    // Longer than all of its duration.
    await new Promise((resolve) => setTimeout(resolve, 6500));
    expect(second.child.exitCode).toBeNull();
    const suspendedMs = Date.now() - Date.parse(suspended.stopTime ?? '');
    ask(second, { remainingMs: 6000 });
    await second.until(captures, 'capturing again');
    await second.untilCaptured(suspended.ledger.packets.captured + 1);
    expect(await second.exited).toBe(0);
    const sent = (await traffic.stop()).filter(({ ms }) => ms < Date.parse(second.report.stopTime ?? ''));
    const { stopReason, stopTime = '', captureStartTime = '', gaps } = second.report;
    expect(stopReason).toBe('Duration');
    expect(gaps).toMatchObject({ count: 1, suspended: { count: 1 } });
    const capturedMs = Date.parse(stopTime) - Date.parse(captureStartTime) - suspendedMs;
    expect(capturedMs).toBeGreaterThan(5900);
    expect(capturedMs).toBeLessThan(8000);
    expect(found(sent)).toEqual(NOTHING);
  }, 60_000);

  test('is stopped as any other', async () => {
    given();
    const agent = node.start();
    ask(agent);
    await agent.untilCapturing();
    const traffic = startSending(pod, { perSecond: 1000 });
    await agent.untilCaptured(1000);
    ask(agent, { suspend: true });
    await agent.until(isSuspended, 'suspended');
    const report = await stopped(agent, { suspend: true });
    const sent = (await traffic.stop()).filter(({ ms }) => ms < Date.parse(report.stopTime ?? ''));
    expect(report).toMatchObject({ done: true, stopReason: 'Requested', gaps: { count: 1, suspended: { count: 1 } } });
    expect(found(sent)).toEqual(NOTHING);
    expect(node.manifest()).toMatchObject({ final: true, targets: [{ state: 'Ended', stopReason: 'Requested' }] });
  }, 30_000);

  test('whose bucket is down keeps what it has, and goes on beside it', async () => {
    given({ ring: { files: 50, fileSizeBytes: 1e6 }, upload: { policy: 'OnDemand' } });
    node.bucketIsDown = true;
    const agent = node.start();
    ask(agent);
    await agent.untilCapturing();
    const sent = await send(pod, { count: 500, perSecond: 1000 });
    await agent.untilCaptured(500);
    ask(agent, { suspend: true });
    await agent.until(isSuspended, 'suspended');
    ask(agent);
    await agent.until(captures, 'capturing again');
    const more = await send(pod, { first: 1000, count: 500, perSecond: 1000 });
    await agent.untilCaptured(1000);
    node.bucketIsDown = false;
    await agent.until((r) => r.ledger.packets.uploaded === 500, 'what the suspension asked for');
    expect(node.records().map((r) => r.number)).toEqual(sent.map((s) => s.number));
    const { ledger } = await stopped(agent);
    expect(ledger.packets).toMatchObject({ uploaded: 1000, released: 0 });
    expect(found([...sent, ...more])).toEqual(NOTHING);
  }, 30_000);

  test('takes a snapshot token as done: all is delivered anyway', async () => {
    given({ upload: { policy: 'OnDemand' } });
    const agent = node.start();
    ask(agent);
    await agent.untilCapturing();
    await send(pod, { count: 300, perSecond: 1000 });
    await agent.untilCaptured(300);
    ask(agent, { suspend: true });
    await agent.until((r) => isSuspended(r) && r.ledger.packets.uploaded === 300, 'suspended');
    ask(agent, { suspend: true, snapshot: { token: 'x' } });
    const report = await agent.until((r) => r.snapshots.length > 0, 'the snapshot');
    expect(report.snapshots[0]?.packets).toEqual({ captured: 0, uploaded: 0, pending: 0, discarded: 0 });
    await stopped(agent, { snapshot: { token: 'x' } });
  }, 30_000);
});
