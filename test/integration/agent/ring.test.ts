// What the ring's settings mean together, for every mix, on real tcpdump: number, size and age of files, on a busy and on an idle link.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Report } from '../../../src/protocol/report.js';
import { eventually } from '../eventually.js';
import { jobConfig, TestNode, type AgentProcess } from './harness/agent-process.js';
import { TestPod } from './harness/namespace.js';
import { expectBalanced } from './harness/oracle.js';
import { readSavefile, send } from './harness/traffic.js';

const PACKETS = 4500;
const PER_SECOND = 900;
const PACKET_BYTES = 1000;
/** What one packet takes of a savefile on `any`, with its record header. */
const RECORD_BYTES = PACKET_BYTES + 28 + 20 + 16;
const MB = 1e6;
/** tcpdump turns by its own clock as it reads, and the kernel hands packets over in blocks, up to libpcap's timeout of a second after their time. */
const BLOCK_TIMEOUT_US = 1e6;

interface Mix {
  fileSizeBytes?: number;
  rotateIntervalSeconds?: number;
  files?: number;
}
const MIXES: [string, Mix][] = [
  ['no setting', {}],
  ['fileSize', { fileSizeBytes: MB }],
  ['rotateInterval', { rotateIntervalSeconds: 2 }],
  ['files', { files: 2 }],
  ['fileSize and rotateInterval', { fileSizeBytes: 3 * MB, rotateIntervalSeconds: 2 }],
  ['fileSize and files', { fileSizeBytes: MB, files: 2 }],
  ['rotateInterval and files', { rotateIntervalSeconds: 1, files: 2 }],
  ['fileSize, rotateInterval and files', { fileSizeBytes: MB, rotateIntervalSeconds: 2, files: 3 }],
];

interface Run {
  pod: TestPod;
  node: TestNode;
  agent: AgentProcess;
  /** Most savefiles that were on the disk at one time. */
  mostFiles: number;
  beforeStop: Report;
}

const savefiles = ({ node, pod }: Pick<Run, 'node' | 'pod'>): string[] => node.spoolFiles.filter((path) => path.includes(pod.target.name) && /\.\d*$/.test(path));

/** Also those whose capture failed. */
const made: Pick<Run, 'node' | 'pod'>[] = [];

async function capture(ring: Mix, traffic: boolean): Promise<Run> {
  const pod = new TestPod();
  pod.run();
  const node = new TestNode(jobConfig({ ring }));
  made.push({ node, pod });
  node.bucketIsDown = true;
  const agent = node.start();
  agent.control({ targets: [pod.target] });
  await agent.untilCapturing();
  const run: Run = { pod, node, agent, mostFiles: 0, beforeStop: agent.report };
  const sampling = setInterval(() => (run.mostFiles = Math.max(run.mostFiles, savefiles(run).length)), 20);
  try {
    if (traffic) {
      await send(pod, { count: PACKETS, perSecond: PER_SECOND, bytes: PACKET_BYTES });
      // The look that sees a file too many lets the oldest go, and what it tells may still have it.
      const isInBounds = (report: Report): boolean => (report.targets[0]?.ledger.files.pending ?? Infinity) <= (ring.files ?? Infinity);
      run.beforeStop = await agent.until((report) => report.ledger.packets.captured >= PACKETS && isInBounds(report), 'all captured, and no more files than that');
    } else {
      await new Promise((resolve) => setTimeout(resolve, 2500));
    }
  } finally {
    clearInterval(sampling);
  }
  // A moment lies between tcpdump's opening of a file and the look that lets the oldest go.
  await eventually(`at most ${ring.files} files`, () => savefiles(run).length <= (ring.files ?? Infinity));
  node.bucketIsDown = false;
  agent.control({ targets: [pod.target], stop: { reason: 'Requested' } });
  expect(await agent.exited).toBe(0);
  return run;
}

const runs = new Map<string, Run>();
const idle = new Map<string, Run>();

beforeAll(async () => {
  await Promise.all([
    ...MIXES.map(async ([name, mix]) => runs.set(name, await capture(mix, true))),
    ...MIXES.filter(([, { rotateIntervalSeconds }]) => rotateIntervalSeconds !== undefined).map(async ([name, mix]) => idle.set(name, await capture(mix, false))),
  ]);
}, 60_000);
afterAll(async () => {
  for (const { node, pod } of made) {
    await node.remove();
    pod.remove();
  }
});

describe.each(MIXES)('%s', (name, { fileSizeBytes, rotateIntervalSeconds, files }) => {
  const run = (): Run => runs.get(name) as Run;
  const delivered = () => run().node.keys.map((key) => ({ size: run().node.read(key).length, records: readSavefile(run().node.read(key)) }));

  test('delivers what the ring kept, whole, in order and once', () => {
    const numbers = delivered().flatMap(({ records }) => records.map((r) => r.number));
    expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, n) => PACKETS - numbers.length + n));
    if (files === undefined) expect(numbers).toHaveLength(PACKETS);
  });

  test('accounts for every packet', () => {
    const { report } = run().agent;
    expectBalanced(report);
    expectBalanced(run().beforeStop);
    expect(report.ledger.packets).toMatchObject({ captured: PACKETS, pending: 0, uploaded: run().node.records().length, droppedByKernel: 0 });
    expect(report.discards).toEqual(report.ledger.packets.discarded > 0 ? { RingOverwrote: report.ledger.packets.discarded } : {});
    expect(run().node.manifestFiles().reduce((sum, f) => sum + f.packets, 0)).toBe(PACKETS);
  });

  test('closes a file at its size, and no larger than by one packet', () => {
    const limit = Math.min(fileSizeBytes ?? Infinity, 16 * MB);
    for (const { size } of delivered()) expect(size).toBeLessThanOrEqual(limit + RECORD_BYTES);
    if (fileSizeBytes === MB && rotateIntervalSeconds === undefined) for (const { size } of delivered().slice(0, -1)) expect(size).toBeGreaterThan(MB);
  });

  test('closes a file at its age', () => {
    if (rotateIntervalSeconds === undefined) return;
    for (const { records } of delivered()) {
      const ageUs = (records.at(-1)?.us ?? 0) - (records[0]?.us ?? 0);
      expect(ageUs).toBeLessThan(rotateIntervalSeconds * 1e6 + BLOCK_TIMEOUT_US);
    }
  });

  test('makes as many files as that takes', () => {
    const { files: counted } = run().agent.report.ledger;
    const seconds = PACKETS / PER_SECOND;
    const byAge = rotateIntervalSeconds === undefined ? 1 : Math.floor(seconds / rotateIntervalSeconds);
    const bySize = fileSizeBytes === undefined ? 1 : Math.floor((PACKETS * RECORD_BYTES) / (fileSizeBytes + RECORD_BYTES));
    expect(counted.captured).toBeGreaterThanOrEqual(Math.max(byAge, bySize));
    expect(counted.captured).toBeLessThanOrEqual(byAge + bySize + 2);
  });

  test('keeps no more files on the node than that', () => {
    if (files === undefined) return;
    expect(run().mostFiles).toBeLessThanOrEqual(files + 1);
    expect(run().node.keys.length).toBeLessThanOrEqual(files);
  });

  test('leaves nothing on the node', () => expect(readdirSync(join(run().node.spool))).toEqual([]));
});

describe.each(MIXES.filter(([, { rotateIntervalSeconds }]) => rotateIntervalSeconds !== undefined))('%s on an idle link', (name) => {
  test('rotates nothing and delivers nothing', () => {
    const { agent, node, mostFiles } = idle.get(name) as Run;
    expect(mostFiles).toBe(1);
    expect(node.keys).toEqual([]);
    expect(agent.report).toMatchObject({ done: true, gaps: { count: 0 }, ledger: { packets: { captured: 0 }, files: { captured: 0 }, bytes: { captured: 0 } } });
    expect(node.manifest()).toMatchObject({ final: true, files: [] });
  });
});
