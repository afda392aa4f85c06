// What goes wrong in the middle of a run: killed agents, killed tcpdumps, a bucket that is down. Every number is delivered once or in a gap.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { jobConfig, tcpdumpsOf, TestNode, type JobOverrides } from './harness/agent-process.js';
import { TestPod } from './harness/namespace.js';
import { expectBalanced, unexplained, type Sent } from './harness/oracle.js';
import { startSending } from './harness/traffic.js';

let pod: TestPod;
let node: TestNode;
const STOP = { reason: 'Requested' };

/** What the oracle finds, short enough to read. */
const found = (sent: Sent[], attempt: number) => {
  const { missing, twice } = unexplained(node, sent, attempt);
  return { missing: missing.length, of: sent.length, examples: [...missing.slice(0, 2), ...missing.slice(-2)], twice };
};
const nothing = (sent: Sent[]) => ({ missing: 0, of: sent.length, examples: [], twice: [] });

function given(overrides: JobOverrides = {}): void {
  node = new TestNode(jobConfig({ ring: { fileSizeBytes: 1e6, rotateIntervalSeconds: 1 }, ...overrides }));
}

beforeEach(() => {
  pod = new TestPod();
  pod.run();
});
afterEach(async () => {
  await node.remove();
  pod.remove();
});

describe('an agent that is killed', () => {
  test('is continued by its container: same attempt, next sequence number, every number once or in the gap', async () => {
    given();
    const first = node.start();
    first.control({ targets: [pod.target] });
    await first.untilCapturing();
    const traffic = startSending(pod, { perSecond: 3000, bytes: 300 });
    await first.until((r) => r.ledger.files.uploaded >= 1 && r.ledger.packets.pending > 0, 'a file uploaded and another open');
    await first.kill('SIGKILL');

    const second = node.start();
    second.control({ targets: [pod.target] });
    const resumed = await second.until((r) => r.gaps.count > 0, 'the gap');
    expect(resumed.spool).toBe(first.report.spool);
    expect(resumed.number).toBeGreaterThan(first.report.number);
    await second.untilCaptured(resumed.ledger.packets.captured + 2000);
    const sent = await traffic.stop();
    second.control({ targets: [pod.target], stop: STOP });
    expect(await second.exited).toBe(0);

    expect(found(sent, 1)).toEqual(nothing(sent));
    expectBalanced(second.report);
    expect(second.report.ledger.packets.uploaded).toBe(node.records().length);
    expect(node.manifest().gaps.map((g) => g.reason)).toEqual(['AgentRestarted']);
    expect(node.keys.map((key) => /\/01-(\d{6})_/.exec(key)?.[1])).toEqual(node.keys.map((_, index) => String(index + 1).padStart(6, '0')));
  }, 40_000);

  test('with the bucket down is continued by a replacement pod, which delivers under the keys of the attempt that wrote', async () => {
    given();
    node.bucketIsDown = true;
    const first = node.start();
    first.control({ targets: [pod.target] });
    await first.untilCapturing();
    const traffic = startSending(pod, { perSecond: 2000 });
    await first.untilCaptured(4000);
    await first.kill('SIGKILL');

    const second = node.start('agent-2');
    second.control({ targets: [pod.target], attempt: 2 });
    const resumed = await second.until((r) => r.gaps.count > 0, 'the gap');
    expect(resumed).toMatchObject({ attempt: 2, ledger: { files: { uploaded: 0 } } });
    await second.untilCaptured(resumed.ledger.packets.captured + 1000);
    node.bucketIsDown = false;
    const sent = await traffic.stop();
    second.control({ targets: [pod.target], attempt: 2, stop: STOP });
    expect(await second.exited).toBe(0);

    expect(found(sent, 2)).toEqual(nothing(sent));
    expect(node.manifest(2).gaps.map((g) => g.reason)).toEqual(['AgentReplaced']);
    expect(new Set(node.keys.map((key) => /\/(\d\d)-\d{6}_/.exec(key)?.[1]))).toEqual(new Set(['01', '02']));
    expect(second.report.ledger.packets).toMatchObject({ pending: 0, discarded: 0, uploaded: node.records().length });
  }, 40_000);

  test('and comes back to a run that was stopped has a gap up to its end', async () => {
    given();
    const first = node.start();
    first.control({ targets: [pod.target] });
    await first.untilCapturing();
    const traffic = startSending(pod, { perSecond: 1000 });
    await first.untilCaptured(500);
    await first.kill('SIGKILL');
    first.control({ targets: [pod.target], stop: STOP });
    const second = node.start();
    expect(await second.exited).toBe(0);
    const stopMs = Date.parse(second.report.targets[0]?.stopTime ?? '');
    const sent = (await traffic.stop()).filter(({ ms }) => ms < stopMs);
    expect(second.report).toMatchObject({ done: true, stopReason: 'Requested', gaps: { count: 1 } });
    expect(found(sent, 1)).toEqual(nothing(sent));
  }, 30_000);

  test('while its tcpdump is stopped leaves one that the next agent ends before it goes on', async () => {
    given();
    const first = node.start();
    first.control({ targets: [pod.target] });
    await first.untilCapturing();
    const traffic = startSending(pod, { perSecond: 500 });
    await first.untilCaptured(500);
    const [orphan] = tcpdumpsOf(pod);
    process.kill(orphan as number, 'SIGSTOP');
    await first.kill('SIGKILL');

    const second = node.start();
    second.control({ targets: [pod.target] });
    await second.until((r) => r.gaps.count > 0, 'the gap');
    expect(tcpdumpsOf(pod)).not.toContain(orphan);
    const sent = await traffic.stop();
    second.control({ targets: [pod.target], stop: STOP });
    expect(await second.exited).toBe(0);
    expect(found(sent, 1)).toEqual(nothing(sent));
  }, 40_000);
});

describe('an agent that is told to end', () => {
  test('by SIGTERM delivers what it has and goes with 75, for the next to go on', async () => {
    given();
    const first = node.start();
    first.control({ targets: [pod.target] });
    await first.untilCapturing();
    const traffic = startSending(pod, { perSecond: 1000 });
    await first.untilCaptured(1500);
    first.child.kill('SIGTERM');
    expect(await first.exited).toBe(75);
    expect(first.report).toMatchObject({ done: false, ledger: { packets: { pending: 0 } } });
    expect(tcpdumpsOf(pod)).toEqual([]);
    const delivered = node.records().length;
    expect(delivered).toBe(first.report.ledger.packets.uploaded);

    const second = node.start('agent-2');
    second.control({ targets: [pod.target], attempt: 2 });
    await second.untilCaptured(delivered + 500);
    const sent = await traffic.stop();
    second.control({ targets: [pod.target], attempt: 2, stop: STOP });
    expect(await second.exited).toBe(0);
    expect(found(sent, 2)).toEqual(nothing(sent));
  }, 40_000);

  test('by control that names another pod stops capturing and goes with 75', async () => {
    given();
    const agent = node.start();
    agent.control({ targets: [pod.target] });
    await agent.untilCapturing();
    agent.control({ targets: [pod.target], podUID: 'another' });
    expect(await agent.exited).toBe(75);
    expect(tcpdumpsOf(pod)).toEqual([]);
  }, 20_000);
});

test('an agent that is addressed while another still works on the spool waits for its end', async () => {
  given();
  const first = node.start();
  first.control({ targets: [pod.target] });
  await first.untilCapturing();
  const traffic = startSending(pod, { perSecond: 500 });
  const second = node.start('agent-2');
  second.control({ targets: [pod.target], attempt: 2 });
  await first.untilCaptured(1500);
  expect([second.reports, tcpdumpsOf(pod).length]).toEqual([[], 1]);
  await first.kill('SIGTERM');
  const before = first.report.ledger.packets.captured;
  await second.untilCaptured(before + 300);
  const sent = await traffic.stop();
  second.control({ targets: [pod.target], attempt: 2, stop: STOP });
  expect(await second.exited).toBe(0);
  expect(found(sent, 2)).toEqual(nothing(sent));
}, 40_000);

describe('a tcpdump', () => {
  test('that is killed is followed by another within the run, with a gap', async () => {
    given();
    const agent = node.start();
    agent.control({ targets: [pod.target] });
    await agent.untilCapturing();
    const traffic = startSending(pod, { perSecond: 1000 });
    await agent.untilCaptured(1000);
    const [victim] = tcpdumpsOf(pod);
    const killedMs = Date.now();
    process.kill(victim as number, 'SIGKILL');
    const noticed = await agent.until((r) => r.gaps.count === 1, 'the gap');
    expect(Date.parse(noticed.time) - killedMs).toBeLessThan(3000);
    await agent.untilCaptured(noticed.ledger.packets.captured + 1000);
    const sent = await traffic.stop();
    agent.control({ targets: [pod.target], stop: STOP });
    expect(await agent.exited).toBe(0);
    expect(found(sent, 1)).toEqual(nothing(sent));
    expect(node.manifest().gaps.map((g) => g.reason)).toEqual(['TcpdumpDied']);
    expect(node.manifest().gaps.every((g) => Date.parse(g.to) - Date.parse(g.from) < 3000)).toBe(true);
  }, 30_000);

  test('that cannot write fails its target after a few tries, with its own words', async () => {
    given({ tcpdump: { interface: 'lo', bufferSizeBytes: 2 ** 42 } });
    const agent = node.start();
    agent.control({ targets: [pod.target] });
    expect(await agent.exited).toBe(0);
    expect(agent.report).toMatchObject({ done: true, stopReason: 'Failed', targets: [{ state: 'Failed', reason: 'TcpdumpFailed' }] });
    expect(agent.report.targets[0]?.message).toMatch(/5 times.*(buffer|-B)/);
  }, 30_000);
});

describe('a bucket that stays down', () => {
  test('past the retention costs the files, which are counted', async () => {
    given({ spool: { maxSizeBytes: 64e6, reserveFraction: 0, retentionSeconds: 1 } });
    const agent = node.start();
    agent.control({ targets: [pod.target] });
    await agent.untilCapturing();
    node.bucketIsDown = true;
    const traffic = startSending(pod, { perSecond: 1000 });
    await agent.untilCaptured(1000);
    await traffic.stop();
    agent.control({ targets: [pod.target], stop: STOP });
    const expired = await agent.until((r) => r.ledger.packets.pending === 0 && r.ledger.packets.discarded > 0, 'expiry');
    expect(expired.discards).toEqual({ DrainExpired: expired.ledger.packets.captured });
    expectBalanced(expired);
    node.bucketIsDown = false;
    expect(await agent.exited).toBe(0);
    expect(node.manifestFiles().every((f) => f.state === 'discarded' && f.reason === 'DrainExpired')).toBe(true);
    expect(readdirSync(node.spool)).toEqual([]);
  }, 30_000);
});

test('a savefile that the disk does not give back is told of while it is tried, and does not keep the run from its end', async () => {
  given();
  const agent = node.start();
  agent.control({ targets: [pod.target] });
  await agent.untilCapturing();
  const traffic = startSending(pod, { perSecond: 500, bytes: 300 });
  await agent.untilCaptured(200);
  const captures = join(node.spool, 'captures', pod.target.name);
  const [start = ''] = readdirSync(captures);
  // Rotation never gets there: it is nobody's but ours.
  mkdirSync(join(captures, start, 'capture.0'));
  const told = await agent.until((r) => r.targets.some(({ reason }) => reason === 'SpoolUnreadable'), 'the target says so');
  expect(told.targets[0]?.message).toMatch(/does not give back .* is no regular file/);
  const sent = await traffic.stop();
  agent.control({ targets: [pod.target], stop: STOP });
  expect(await agent.exited).toBe(0);
  expect(found(sent, 1)).toEqual(nothing(sent));
  expectBalanced(agent.report);
}, 60_000);
