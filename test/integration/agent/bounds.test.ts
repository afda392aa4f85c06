// The node's disk while the bucket is down: the spool's size and the file system's reserve hold at every moment, and what goes is counted.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { appendFileSync, lstatSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Report } from '../../../src/protocol/report.js';
import { eventually } from '../eventually.js';
import { AgentProcess, jobConfig, tcpdumpsOf, TestNode } from './harness/agent-process.js';
import { TestPod } from './harness/namespace.js';
import { expectBalanced, unexplained } from './harness/oracle.js';
import { send, startSending } from './harness/traffic.js';

const STOP = { reason: 'Requested' };
let pod: TestPod;
let node: TestNode;
let mounted = false;
let podsProcess: ReturnType<TestPod['run']>;

beforeEach(() => {
  pod = new TestPod();
  podsProcess = pod.run();
});
afterEach(async () => {
  for (const pid of tcpdumpsOf(pod)) process.kill(pid, 'SIGCONT');
  for (const agent of node.started) await agent.kill();
  if (mounted) execFileSync('umount', ['--lazy', node.spool]);
  mounted = false;
  await node.remove();
  pod.remove();
});

/** Bytes that the spool takes of the disk. A file that goes while it is counted counts as gone. */
function diskBytes(): number {
  let sum = 0;
  for (const path of node.spoolFiles) {
    try {
      const stat = lstatSync(join(node.spool, path));
      if (stat.isFile()) sum += stat.blocks * 512;
    } catch {
      // Gone.
    }
  }
  return sum;
}

/** All of so many packets, though a node without a free processor may drop some. */
const countedOrDropped = (sent: number) => ({ ledger: { packets } }: Report): boolean => packets.captured + packets.droppedByKernel >= sent;

/** A file system of 24 MiB for the spool alone. */
function mountSmallDisk(): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', node.spool]);
  mounted = true;
}

/** Takes every byte that the spool's file system has left; gives them back when called. */
function fillDisk(): () => void {
  const filler = join(node.spool, 'of-somebody-else');
  for (const bytes of [2 ** 20, 2 ** 12]) {
    try {
      for (;;) appendFileSync(filler, Buffer.alloc(bytes));
    } catch (error) {
      expect((error as NodeJS.ErrnoException).code).toBe('ENOSPC');
    }
  }
  return () => rmSync(filler);
}

const stateOf = (pid: number): string => /^State:\s+(\S)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '';

/** Resolves when a tcpdump has read all that was sent before: the kernel hands a block over after a second at the latest, and it sleeps only where there is none. */
async function untilAllIsRead(tcpdump: number): Promise<void> {
  const sinceMs = Date.now();
  while (Date.now() - sinceMs < 1500 || stateOf(tcpdump) !== 'S') await new Promise((resolve) => setTimeout(resolve, 20));
}

describe('a spool', () => {
  test('that a killed agent left full has room for the next tcpdump before there is one', async () => {
    node = new TestNode(jobConfig({ ring: { fileSizeBytes: 1e6 }, spool: { maxSizeBytes: 64e6 } }));
    node.bucketIsDown = true;
    const first = node.start();
    first.control({ targets: [pod.target] });
    await first.untilCapturing();
    await send(pod, { count: 8000, perSecond: 8000, bytes: 1400 });
    await first.until(countedOrDropped(8000), 'all captured or dropped');
    await first.kill();
    // Without a process of the pod no tcpdump can be started yet.
    podsProcess.kill('SIGKILL');
    const maxSizeBytes = 10e6;
    const next = new AgentProcess({ ...node, job: { ...node.job, spool: { ...node.job.spool, maxSizeBytes } } }, 'agent-1', { TEST_BUCKET: node.bucket });
    node.started.push(next);
    next.control({ targets: [pod.target] });
    const [file, reaction] = [1e6, 1e6];
    const report = await next.until((r) => r.targets[0]?.state === 'Pending' && r.ledger.bytes.pending < maxSizeBytes - file - reaction, 'room');
    expect(report.discards).toEqual({ SpoolFull: report.ledger.packets.discarded });
    // What is let go is told of before it leaves the disk.
    await eventually('room on the disk', () => diskBytes() < maxSizeBytes - file - reaction);
    expect(next.report.targets[0]?.state).toBe('Pending');
  }, 60_000);

  test.each([
    ['of small files', { fileSizeBytes: 1e6 }],
    ['of files as large as it takes', {}],
  ])('%s never exceeds its size while the bucket is down, and the oldest files go', async (_, ring) => {
    const maxSizeBytes = 12e6;
    node = new TestNode(jobConfig({ ring, spool: { maxSizeBytes, reserveFraction: 0, retentionSeconds: 3600 } }));
    node.bucketIsDown = true;
    const agent = node.start();
    agent.control({ targets: [pod.target] });
    await agent.untilCapturing();
    let most = 0;
    const sampling = setInterval(() => (most = Math.max(most, diskBytes())), 3);
    // Half a second of this is what a look may come late by, on a node whose processors are all taken.
    await send(pod, { count: 24_000, perSecond: 4000, bytes: 1400 });
    const full = await agent.until(countedOrDropped(24_000), 'all captured or dropped').finally(() => clearInterval(sampling));
    expect(most).toBeLessThanOrEqual(maxSizeBytes);
    expect(most).toBeGreaterThan(maxSizeBytes / 3);
    expectBalanced(full);
    expect(full.discards).toEqual({ SpoolFull: full.ledger.packets.discarded });
    expect(full.ledger.packets.discarded).toBeGreaterThan(0);

    // Nothing else is under way: the newest of all is there.
    await send(pod, { first: 50_000, count: 1, perSecond: 1 });
    node.bucketIsDown = false;
    agent.control({ targets: [pod.target], stop: STOP });
    expect(await agent.exited).toBe(0);
    const { packets } = agent.report.ledger;
    expect(packets.captured).toBe(packets.uploaded + packets.discarded);
    const numbers = node.records().map((r) => r.number);
    expect(numbers).toHaveLength(packets.uploaded);
    expect(numbers.at(-1)).toBe(50_000);
  }, 40_000);

  test("leaves the file system its reserve; where nothing can go tcpdump waits, and the kernel's count says what that cost", async () => {
    node = new TestNode(jobConfig({ ring: { fileSizeBytes: 1e6 }, tcpdump: { bufferSizeBytes: 2 ** 20 }, spool: { maxSizeBytes: 1e9, reserveFraction: 0.5, retentionSeconds: 3600 } }));
    mountSmallDisk();
    node.bucketIsDown = true;
    const agent = node.start();
    agent.control({ targets: [pod.target] });
    await agent.untilCapturing();
    const { blocks, bsize } = statfsSync(node.spool);
    let least = Infinity;
    const sampling = setInterval(() => (least = Math.min(least, statfsSync(node.spool).bavail * bsize)), 3);
    await send(pod, { count: 15_000, perSecond: 6000, bytes: 1400 });
    const tight = await agent.until(countedOrDropped(15_000), 'all captured or dropped').finally(() => clearInterval(sampling));
    expect(least).toBeGreaterThanOrEqual((blocks * bsize) / 2);
    expect(tight.discards['SpoolFull']).toBeGreaterThan(0);

    const filler = join(node.spool, 'of-somebody-else');
    writeFileSync(filler, Buffer.alloc(7e6));
    await agent.until(() => statfsSync(node.spool).bavail > blocks / 2, 'room made');
    appendFileSync(filler, Buffer.alloc(6e6));
    await agent.until(() => tcpdumpsOf(pod).some((pid) => stateOf(pid) === 'T'), 'tcpdump waits');
    const held = agent.report.ledger.packets.droppedByKernel;
    // Four times what the kernel's buffer holds.
    await send(pod, { first: 20_000, count: 3000, perSecond: 3000, bytes: 1400 });
    rmSync(filler);
    await agent.until((r) => r.ledger.packets.droppedByKernel > held && tcpdumpsOf(pod).every((pid) => stateOf(pid) !== 'T'), 'tcpdump goes on and tells its drops');
    node.bucketIsDown = false;
    agent.control({ targets: [pod.target], stop: STOP });
    expect(await agent.exited).toBe(0);
    expectBalanced(agent.report);
    expect(agent.report.ledger.packets.pending).toBe(0);
  }, 60_000);

  test('whose file system somebody else fills while the agent cannot look: what tcpdump could not write is in a gap', async () => {
    node = new TestNode(jobConfig({ ring: { fileSizeBytes: 1e6 }, spool: { maxSizeBytes: 1e9, reserveFraction: 0, retentionSeconds: 3600 } }));
    mountSmallDisk();
    node.bucketIsDown = true;
    const agent = node.start();
    agent.control({ targets: [pod.target] });
    await agent.untilCapturing();
    const before = await send(pod, { count: 500, perSecond: 1000, bytes: 1000 });
    await agent.untilCaptured(500);
    const [tcpdump = 0] = tcpdumpsOf(pod);
    agent.child.kill('SIGSTOP');
    const makeRoom = fillDisk();
    const meanwhile = await send(pod, { first: 1000, count: 2000, perSecond: 2000, bytes: 1000 });
    await untilAllIsRead(tcpdump);
    makeRoom();
    agent.child.kill('SIGCONT');
    await agent.until((r) => r.gaps.count > 0 && r.targets[0]?.state === 'Capturing', 'the gap');
    const after = await send(pod, { first: 5000, count: 500, perSecond: 1000 });
    node.bucketIsDown = false;
    agent.control({ targets: [pod.target], stop: STOP });
    expect(await agent.exited).toBe(0);
    const sent = [...before, ...meanwhile, ...after];
    const { missing, twice } = unexplained(node, sent, 1);
    expect({ missing: missing.slice(0, 3), of: missing.length, twice }).toEqual({ missing: [], of: 0, twice: [] });
    expect(node.records().length).toBeLessThan(sent.length);
    expect(new Set(node.manifest().gaps.map(({ reason }) => reason))).toEqual(new Set(['NotWritten']));
    expectBalanced(agent.report);
  }, 40_000);

  test.each([
    ['with no reserve', 0],
    ['with a reserve', 0.04],
  ])('%s, whose file system somebody else fills under the eyes of the agent: what is lost is in a gap, or was counted as dropped', async (_, reserveFraction) => {
    node = new TestNode(jobConfig({ ring: { fileSizeBytes: 1e6 }, tcpdump: { bufferSizeBytes: 2 ** 20 }, spool: { maxSizeBytes: 1e9, reserveFraction, retentionSeconds: 3600 } }));
    mountSmallDisk();
    node.bucketIsDown = true;
    const agent = node.start();
    agent.control({ targets: [pod.target] });
    await agent.untilCapturing();
    const before = await send(pod, { count: 500, perSecond: 1000, bytes: 1000 });
    await agent.untilCaptured(500);
    const makeRoom = fillDisk();
    // Five times what the kernel's buffer holds, and the disk takes nothing.
    const meanwhile = await send(pod, { first: 1000, count: 4000, perSecond: 4000, bytes: 1400 });
    // With no reserve tcpdump is not held: it finds the disk full, and however long that lasts, another one is started after.
    if (reserveFraction === 0) {
      await agent.until((r) => r.targets[0]?.reason === 'NodeDiskFull', 'what it waits for');
      await new Promise((resolve) => setTimeout(resolve, 5000));
    }
    makeRoom();
    const traffic = startSending(pod, { first: 10_000, perSecond: 1000 });
    const { captured } = agent.report.ledger.packets;
    await agent.until((r) => r.ledger.packets.captured > captured + 1000 && r.ledger.packets.droppedByKernel + r.gaps.count > 0, 'capturing again, and the loss is told');
    const after = await traffic.stop();
    node.bucketIsDown = false;
    agent.control({ targets: [pod.target], stop: STOP });
    expect(await agent.exited).toBe(0);
    const sent = [...before, ...meanwhile, ...after].filter(({ ms }) => ms < Date.parse(agent.report.stopTime ?? ''));
    const { missing, twice } = unexplained(node, sent, 1);
    expect(twice).toEqual([]);
    expect(node.records().length).toBeLessThan(sent.length);
    expect(missing.length).toBeLessThanOrEqual(agent.report.ledger.packets.droppedByKernel);
    expectBalanced(agent.report);
  }, 40_000);
});
