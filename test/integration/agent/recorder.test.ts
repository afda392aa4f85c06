// The flight recorder on real tcpdump: snapshots cut and deliver while recording goes on; every number comes once, or fell out of the ring before.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Control } from '../../../src/protocol/control.js';
import type { Report } from '../../../src/protocol/report.js';
import type { Snapshot } from '../../../src/protocol/snapshot.js';
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
  node = new TestNode(jobConfig({ ring: { files: 4, fileSizeBytes: 1e6 }, upload: { policy: 'OnDemand' }, ...overrides }));
}

const ask = (agent: AgentProcess, over: Partial<Control> = {}): void => agent.control({ targets: [pod.target], ...over });
const snapshot = (report: Report, token: string): Snapshot | undefined => report.snapshots.find((s) => s.token === token);

/** Asks for a snapshot and waits until all of it is in the bucket. */
async function taken(agent: AgentProcess, token: string, attempt = 1): Promise<Snapshot> {
  ask(agent, { attempt, snapshot: { token } });
  const report = await agent.until((r) => snapshot(r, token)?.completionTime !== undefined, `snapshot ${token}`);
  return snapshot(report, token) as Snapshot;
}

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

describe('a flight recorder', () => {
  test('delivers every packet once over many snapshots, by the tcpdump that it began with', async () => {
    given({ ring: { files: 50, fileSizeBytes: 1e6 } });
    const agent = node.start();
    ask(agent);
    await agent.untilCapturing();
    const [tcpdump] = tcpdumpsOf(pod);
    const traffic = startSending(pod, { perSecond: 2500, bytes: 400 });
    const sums: number[] = [];
    for (let n = 1; n <= 8; n += 1) {
      const { packets, time } = await taken(agent, `night-${n}`);
      expect(packets).toMatchObject({ uploaded: packets.captured, pending: 0, discarded: 0 });
      expect(packets.captured).toBeGreaterThan(0);
      sums.push(packets.captured);
      // What had been sent by then is in the bucket now.
      const latest = Math.max(...node.records().map((r) => r.us));
      expect(latest / 1000).toBeGreaterThanOrEqual(Date.parse(time));
    }
    expect(tcpdumpsOf(pod)).toEqual([tcpdump]);
    const manifest = await agent.until(() => node.manifest().snapshots.length === 8, 'the manifest').then(() => node.manifest());
    expect(manifest.final).toBe(false);
    const sent = await traffic.stop();
    const { ledger, gaps, snapshots } = await stopped(agent, { snapshot: { token: 'night-8' } });

    expect(found(sent)).toEqual(NOTHING);
    expect(gaps.count).toBe(0);
    expect(ledger.packets).toMatchObject({ captured: sent.length, uploaded: sent.length, pending: 0, discarded: 0, released: 0 });
    expect(snapshots.map((s) => s.token)).toEqual(['night-4', 'night-5', 'night-6', 'night-7', 'night-8']);
    expect(node.manifest().snapshots.map((s) => s.packets.captured)).toEqual(sums);
    expect(node.manifestFiles().map((f) => f.sequence).sort((a, b) => a - b)).toEqual(node.keys.map((_, n) => n + 1));
    for (const { key, size } of node.manifestFiles()) expect(node.read(key as string)).toHaveLength(size);
    expect(node.spoolFiles).toEqual([]);
  }, 60_000);

  test('keeps its ring while nobody asks, in as few entries, and delivers it at the stop', async () => {
    given({ ring: { files: 5, fileSizeBytes: 1e6 } });
    const agent = node.start();
    ask(agent);
    await agent.untilCapturing();
    const savefiles = (): string[] => node.spoolFiles.filter((path) => /capture\.\d*$/.test(path));
    let most = 0;
    const sampling = setInterval(() => (most = Math.max(most, savefiles().length)), 20);
    const sent = await send(pod, { count: 20_000, perSecond: 2000, bytes: 1000 });
    const full = await agent.until((r) => r.ledger.packets.captured + r.ledger.packets.droppedByKernel >= 20_000, 'all captured');
    clearInterval(sampling);

    expect(full.ledger.files.captured).toBeGreaterThan(15);
    expect(full).toMatchObject({ discards: {}, recentFiles: [], ledger: { packets: { uploaded: 0 } } });
    expect(full.ledger.packets.released).toBe(full.ledger.packets.discarded);
    // Some more between two looks, the latest of which comes after a second and a half: 2 files a second.
    expect(most).toBeLessThanOrEqual(5 + 3);
    expect([savefiles().length, full.ledger.files.pending]).toEqual([5, 5]);
    expect(node.keys).toEqual([]);

    const report = await stopped(agent);
    const numbers = node.records().map((r) => r.number);
    expect(numbers).toHaveLength(report.ledger.packets.uploaded);
    expect(numbers).toEqual(sent.slice(-numbers.length).map((s) => s.number));
    expect(node.keys).toHaveLength(5);
    expect(node.manifest()).toMatchObject({ final: true, discards: {}, segments: [] });
    expect(node.manifestFiles()).toHaveLength(5);
  }, 60_000);

  test('takes a snapshot while the bucket is down: its files wait beside the ring, which turns on', async () => {
    given({ ring: { files: 3, fileSizeBytes: 1e6 } });
    node.bucketIsDown = true;
    const agent = node.start();
    ask(agent);
    await agent.untilCapturing();
    const before = await send(pod, { count: 2500, perSecond: 5000, bytes: 1000 });
    await agent.untilCaptured(2500);
    ask(agent, { snapshot: { token: 'x' } });
    const asked = await agent.until((r) => snapshot(r, 'x') !== undefined, 'the snapshot');
    expect(snapshot(asked, 'x')?.packets).toEqual({ captured: 2500, uploaded: 0, pending: 2500, discarded: 0 });
    expect(snapshot(asked, 'x')?.completionTime).toBeUndefined();
    const after = await send(pod, { first: 10_000, count: 10_000, perSecond: 5000, bytes: 1000 });
    const turned = await agent.untilCaptured(12_500);
    expect(turned.ledger.packets.released).toBeGreaterThan(0);
    expect(snapshot(turned, 'x')?.packets.pending).toBe(2500);

    node.bucketIsDown = false;
    const done = await agent.until((r) => snapshot(r, 'x')?.completionTime !== undefined, 'delivery');
    expect(node.records().map((r) => r.number)).toEqual(before.map((s) => s.number));
    expectBalanced(done);
    const { ledger } = await stopped(agent);
    const numbers = node.records().map((r) => r.number);
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(numbers).toEqual([...before, ...after.slice(ledger.packets.released)].map((s) => s.number));
  }, 60_000);

  test('has no duration where none is given', async () => {
    given();
    const agent = node.start();
    ask(agent, { remainingMs: 0 });
    await agent.untilCapturing();
    await send(pod, { count: 300, perSecond: 100 });
    await agent.untilCaptured(300);
    expect(agent.report).toMatchObject({ phase: 'Capturing', targets: [{ state: 'Capturing' }] });
    expect((await stopped(agent)).ledger.packets.uploaded).toBe(300);
  }, 30_000);

  test('that is told to go by SIGTERM waits for what was asked for only, and leaves its ring to the next agent', async () => {
    given();
    const first = node.start();
    ask(first);
    await first.untilCapturing();
    const traffic = startSending(pod, { perSecond: 1000 });
    await taken(first, 'x');
    await first.untilCaptured(first.report.ledger.packets.captured + 500);
    const delivered = node.keys;
    first.child.kill('SIGTERM');
    expect(await first.exited).toBe(75);
    expect(node.keys).toEqual(delivered);

    const second = node.start('agent-2');
    ask(second, { attempt: 2, snapshot: { token: 'x' } });
    await second.untilCaptured(first.report.ledger.packets.captured + 500);
    const sent = await traffic.stop();
    expect(second.report.snapshots).toHaveLength(1);
    await stopped(second, { attempt: 2, snapshot: { token: 'x' } });
    expect(found(sent, 2)).toEqual(NOTHING);
  }, 60_000);
});

describe('an agent that is killed', () => {
  test('between a cut and its delivery goes on behind the cut', async () => {
    given({ ring: { files: 50, fileSizeBytes: 10e6 } });
    node.bucketIsDown = true;
    const first = node.start();
    ask(first);
    await first.untilCapturing();
    const traffic = startSending(pod, { perSecond: 2000 });
    await first.untilCaptured(1000);
    ask(first, { snapshot: { token: 'x' } });
    // What comes after the cut may be in the kernel's buffer for a second, and is lost with a kill.
    await first.until((r) => r.ledger.packets.captured > (snapshot(r, 'x')?.packets.captured ?? Infinity), 'the snapshot, and more behind it');
    await first.kill('SIGKILL');

    const second = node.start();
    ask(second, { snapshot: { token: 'x' } });
    const resumed = await second.until((r) => r.gaps.count > 0, 'the gap');
    const asked = snapshot(resumed, 'x')?.packets.captured ?? 0;
    expect(asked).toBeLessThan(resumed.ledger.packets.captured);
    await second.untilCaptured(resumed.ledger.packets.captured + 1000);
    node.bucketIsDown = false;
    const done = await second.until((r) => snapshot(r, 'x')?.completionTime !== undefined, 'delivery');
    expect(snapshot(done, 'x')?.packets).toEqual({ captured: asked, uploaded: asked, pending: 0, discarded: 0 });
    expect(node.records()).toHaveLength(asked);
    const sent = await traffic.stop();
    await stopped(second, { snapshot: { token: 'x' } });
    expect(found(sent)).toEqual(NOTHING);
    expect(node.manifest().gaps.map((g) => g.reason)).toEqual(['AgentRestarted']);
  }, 60_000);

  test('in mid-savefile, whose first files were delivered, delivers what follows and nothing again', async () => {
    given({ ring: { files: 50, fileSizeBytes: 10e6 } });
    const first = node.start();
    ask(first);
    await first.untilCapturing();
    const traffic = startSending(pod, { perSecond: 2000 });
    for (const token of ['x', 'y', 'z']) await taken(first, token);
    await first.kill('SIGKILL');

    const second = node.start('agent-2');
    ask(second, { attempt: 2, snapshot: { token: 'z' } });
    await second.untilCaptured(first.report.ledger.packets.captured + 1000);
    await taken(second, 'after', 2);
    const sent = await traffic.stop();
    const report = await stopped(second, { attempt: 2, snapshot: { token: 'after' } });
    expect(found(sent, 2)).toEqual(NOTHING);
    expect(report.ledger.packets).toMatchObject({ uploaded: node.records().length, pending: 0, discarded: 0 });
    expect(report.snapshots.map((s) => s.token)).toEqual(['x', 'y', 'z', 'after']);
    expect(report.snapshots.every((s) => s.packets.uploaded === s.packets.captured)).toBe(true);
  }, 60_000);
});

test('a snapshot of a continuous capture cuts and delivers the open file', async () => {
  given({ ring: {}, upload: { policy: 'Continuous' } });
  const agent = node.start();
  ask(agent);
  await agent.untilCapturing();
  const sent = await send(pod, { count: 1000, perSecond: 2000 });
  const { packets } = await taken(agent, 'x');
  expect([packets.captured, node.records().length]).toEqual([1000, 1000]);
  expect(statSync(join(node.spool, node.spoolFiles.find((path) => path.endsWith('capture.')) as string)).size).toBeGreaterThan(1000);
  const more = await send(pod, { first: 5000, count: 700, perSecond: 2000 });
  await agent.untilCaptured(1700);
  const report = await stopped(agent);
  expect(report.ledger.packets).toMatchObject({ uploaded: 1700, released: 0 });
  expect(found([...sent, ...more])).toEqual(NOTHING);
}, 30_000);
