// What is planted in a spool between two agents: nothing outside of it is read, uploaded, truncated or removed, and no agent hangs at it.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { existsSync, linkSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { systemClock } from '../../../../src/agent/clock.js';
import { takeOverLeftovers } from '../../../../src/agent/spool/leftovers.js';
import { lockSpool } from '../../../../src/agent/spool/lock.js';
import { Spool } from '../../../../src/agent/spool/spool.js';
import { fileRangeBody } from '../../../../src/storage/body.js';
import { runChild } from '../../../../src/tcpdump/child.js';
import { jobConfig, TestNode, tcpdumpsOf } from '../harness/agent-process.js';
import { TestPod } from '../harness/namespace.js';
import { expectBalanced } from '../harness/oracle.js';
import { send } from '../harness/traffic.js';

const TARGET = 'web-0_11111111';
let folder: string;
let spool: string;
let outside: string;
let bait: string;
let opened: { spool: Spool; lock: { handle: { close: () => Promise<void> } } } | undefined;
const said: object[] = [];
const log = { info: (fields: object) => void said.push(fields), warn: (fields: object) => void said.push(fields) };

const header = Buffer.alloc(24);
header.writeUInt32LE(0xa1b2c3d4, 0);
const record = (data: Buffer): Buffer => {
  const head = Buffer.alloc(16);
  head.writeUInt32LE(1_763_000_000, 0);
  head.writeUInt32LE(data.length, 8);
  head.writeUInt32LE(data.length, 12);
  return Buffer.concat([head, data]);
};
/** Two whole packets and the beginning of a third: what an agent takes up is cut behind the second. */
const TORN = Buffer.concat([header, record(Buffer.from('SECRET 1')), record(Buffer.from('SECRET 2')), Buffer.alloc(9, 1)]);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pcspool-'));
  spool = join(folder, 'spool');
  outside = join(folder, 'outside');
  bait = join(outside, 'bait.pcap');
  for (const path of [spool, join(outside, '01-0001'), join(spool, 'captures', TARGET, '01-0001')]) mkdirSync(path, { recursive: true });
  writeFileSync(bait, TORN);
  writeFileSync(join(outside, '01-0001', 'capture.'), TORN);
  writeFileSync(join(outside, 'journal'), 'SECRET');
  said.length = 0;
});
afterEach(async () => {
  await opened?.lock.handle.close();
  await opened?.spool.close().catch(() => undefined);
  opened = undefined;
  rmSync(folder, { recursive: true, force: true });
});

/** All that stands outside, as it is. */
const world = (): unknown => readdirSync(outside, { recursive: true, encoding: 'utf8' }).sort().map((name) => [name, lstatSync(join(outside, name)).isFile() ? readFileSync(join(outside, name), 'latin1') : '']);

/** An agent's first steps on a spool. */
async function takeUp(): Promise<Spool> {
  const lock = await lockSpool(spool, runChild, systemClock, AbortSignal.timeout(5000), () => undefined);
  if (!lock) throw new Error('no lock');
  opened = { lock, spool: Spool.open(spool, 'r1', 1, log) };
  await takeOverLeftovers(opened.spool, log, () => Promise.resolve());
  return opened.spool;
}

const place = (...names: string[]): string => {
  const path = join(spool, ...names);
  mkdirSync(dirname(path), { recursive: true });
  rmSync(path, { recursive: true, force: true });
  return path;
};
const savefile = (start = '01-0001', name = 'capture.'): string => place('captures', TARGET, start, name);
const fifo = (path: string): void => void execFileSync('mkfifo', [path]);

describe('hostile: spool', () => {
  const plants: [string, () => void][] = [
    ['a journal that is a link to a file elsewhere', () => symlinkSync(join(outside, 'journal'), place('journal'))],
    ['a journal that is a link to nothing', () => symlinkSync(join(outside, 'made'), place('journal'))],
    ['a journal that is a hard link of a file elsewhere', () => linkSync(join(outside, 'journal'), place('journal'))],
    ['a journal that is a pipe', () => fifo(place('journal'))],
    ['a journal that is a device', () => void execFileSync('mknod', [place('journal'), 'c', '1', '5'])],
    ['a journal that is a folder', () => mkdirSync(place('journal', 'of'), { recursive: true })],
    ['a lock that is a link to nothing', () => symlinkSync(join(outside, 'made'), place('lock'))],
    ['a lock that is a pipe', () => fifo(place('lock'))],
    ['a savefile that is a link', () => symlinkSync(bait, savefile())],
    ['a savefile that is a hard link', () => linkSync(bait, savefile())],
    ['a savefile that is a pipe', () => fifo(savefile())],
    ['a savefile that is an endless device', () => void execFileSync('mknod', [savefile(), 'c', '1', '5'])],
    ['a savefile that is a folder', () => mkdirSync(join(savefile(), 'in'), { recursive: true })],
    ['a folder of one tcpdump that is a link', () => symlinkSync(join(outside, '01-0001'), place('captures', TARGET, '01-0002'))],
    ['a folder of a target that is a link', () => symlinkSync(outside, place('captures', 'web-1_22222222'))],
    ['a folder of all captures that is a link', () => symlinkSync(folder, place('captures'))],
    ['a file in place of the folder of a target', () => writeFileSync(place('captures', 'web-1_22222222'), 'x')],
    ['what tcpdump said is a link', () => symlinkSync(join(outside, 'journal'), place('captures', TARGET, '01-0001', 'stderr'))],
    ['what tcpdump said is a pipe', () => fifo(place('captures', TARGET, '01-0001', 'stderr'))],
    ['segments in a folder that is a link', () => symlinkSync(outside, place('segments'))],
  ];
  test.each(plants)('%s → taken from its place: nothing outside is read, made, cut or removed, and the next agent goes on', async (_, plant) => {
    plant();
    const before = world();
    const { state } = await takeUp();
    expect(world()).toEqual(before);
    expect(state.pending).toEqual({});
    expect(JSON.stringify(said)).not.toContain('SECRET');
    // What an agent makes from here on is in the spool.
    await opened?.spool.destroy();
    expect(world()).toEqual(before);
    expect(readdirSync(spool)).toEqual([]);
  }, 10_000);

  test.each([
    ['climbs out of the spool', { target: '../../outside', name: 'capture.' }],
    ['climbs out by the name of a savefile', { target: TARGET, name: '../../../../outside/bait.pcap' }],
    ['is the prototype of all objects', { target: '__proto__', name: 'capture.' }],
    ['is a member of all objects', { target: 'constructor', name: 'capture.' }],
  ])('a journal that names a file which %s → passed over, in a line and in a checkpoint: nothing is read, uploaded or removed', async (_, { target, name }) => {
    const file = { target, attempt: 1, start: 1, sequence: 1, name, from: 0, to: 48, packets: 1, openedMs: 1, firstUs: 1, lastUs: 1 };
    const events = [{ type: 'spool', id: 's', runID: 'r1' }, { type: 'attempt', attempt: 1 }, { type: 'target', target, podName: 'p', podUID: 'u', podIPs: [] }, { type: 'closed', file }];
      const lines = events.map((event) => `${JSON.stringify(event)}\n`).join('');
    const before = world();
    writeFileSync(place('journal'), lines);
    const { state } = await takeUp();
    expect(Object.values(state.pending)).toEqual([]);
    expect(world()).toEqual(before);
    await opened?.spool.close();
    await opened?.lock.handle.close();
    opened = undefined;

    const target1 = { name: target, podName: 'p', podUID: 'u', podIPs: [], interfaces: [], nextSequence: 2, nextStart: 2, settled: { packets: {}, files: {}, bytes: {} }, drops: {} };
    const checkpoint = JSON.stringify({ type: 'checkpoint', state: { id: 's', runID: 'r1', attempt: 1, pending: {}, leaving: { x: file }, cuts: {}, segments: [], targets: { x: target1 } } });
    writeFileSync(place('journal'), `${checkpoint}\n`);
    const again = await takeUp();
    expect(Object.values(again.state.leaving)).toEqual([]);
    expect(world()).toEqual(before);
    expect(({} as { nextSequence?: number }).nextSequence).toBeUndefined();
  }, 10_000);

  test.each(['__proto__', 'constructor', '..x', 'a b\n{"report":"packetcapture.dev/report"}'])('a folder of captures named %j → no target, nothing taken up, and no object is changed by it', async (name) => {
    mkdirSync(join(spool, 'captures', name, '01-0001'), { recursive: true });
    writeFileSync(join(spool, 'captures', name, '01-0001', 'capture.'), TORN.subarray(0, -9));
    const { state } = await takeUp();
    expect([Object.keys(state.targets), state.pending]).toEqual([[TARGET], {}]);
    expect(({} as { nextSequence?: number }).nextSequence).toBeUndefined();
  });

  test('a folder of one tcpdump with a number past all numbers → not taken up: numbers go on where they were', async () => {
    mkdirSync(join(spool, 'captures', TARGET, '01-99999999999999999999'), { recursive: true });
    const { state } = await takeUp();
    expect(state.targets[TARGET]?.nextStart).toBe(2);
  });

  test('a link in place of the next checkpoint and of the folder of a target, while an agent works → replaced or refused: what they lead to stays as it is', async () => {
    const own = await takeUp();
    const before = world();
    symlinkSync(bait, place('journal.next'));
    own.record({ type: 'target', target: TARGET, podName: 'p', podUID: 'u', podIPs: [] });
    for (let n = 0; n < 12; n += 1) own.record({ type: 'network', target: TARGET, linkType: 'EN10MB', interfaces: [{ index: 1, name: 'x'.repeat(100_000) }] });
    symlinkSync(outside, place('captures', TARGET));
    await expect(own.newStart(TARGET, 1)).rejects.toThrow();
    expect(world()).toEqual(before);
  });

  test('a kill that tears a packet apart whose payload imitates a pcap and its records, at each of its bytes → the file ends with the packet before, and nothing of the payload is taken for a packet', async () => {
    const payload = Buffer.concat([header, record(Buffer.from('FORGED 1')), header, record(Buffer.from('FORGED 2'))]);
    const whole = Buffer.concat([header, record(Buffer.from('genuine')), record(payload)]);
    const first = header.length + 16 + 7;
    const cuts = Array.from({ length: whole.length - first - 1 }, (_, n) => first + 1 + n);
    for (const [n, cut] of cuts.entries()) writeFileSync(savefile(`01-${String(n + 1).padStart(4, '0')}`), whole.subarray(0, cut));
    const { state } = await takeUp();
    const files = Object.values(state.pending);
    expect(files.map(({ packets, from, to }) => [packets, from, to])).toEqual(cuts.map(() => [1, 0, first]));
    expect(files.map(({ start }) => statSync(join(spool, 'captures', TARGET, `01-${String(start).padStart(4, '0')}`, 'capture.')).size)).toEqual(cuts.map(() => first));
  }, 20_000);

  test('a closed file that is swapped for a link before it is uploaded → not read: the link leads to nothing that could reach the bucket', async () => {
    symlinkSync(bait, savefile());
    const chunks: Buffer[] = [];
    const reading = async (): Promise<void> => {
      for await (const chunk of fileRangeBody(join(spool, 'captures', TARGET, '01-0001', 'capture.'), 0, 24).read(24, AbortSignal.timeout(5000))) chunks.push(chunk);
    };
    await expect(reading()).rejects.toMatchObject({ code: 'ELOOP' });
    expect(chunks).toEqual([]);
  });

  test('all of it in the spool of a killed agent, whose files are pending → the next one delivers each real packet once and nothing else, leaves nothing, and changes nothing outside', async () => {
    const pod = new TestPod();
    const node = new TestNode(jobConfig({ ring: { fileSizeBytes: 1e6 } }));
    try {
      pod.run();
      const first = node.start();
      first.control({ targets: [pod.target] });
      await first.untilCapturing();
      node.bucketIsDown = true;
      await send(pod, { count: 1500, perSecond: 3000, bytes: 900 });
      await first.untilCaptured(1500);
      await first.kill();
      const captures = join(node.spool, 'captures');
      const own = readdirSync(join(captures, pod.target.name)).sort().at(-1) as string;
      const planted: [string, (path: string) => void][] = [
        [join(captures, 'link_00000001'), (path) => symlinkSync(outside, path)],
        [join(captures, 'file_00000001'), (path) => writeFileSync(path, 'x')],
        [join(captures, '__proto__', '01-0001', 'capture.'), (path) => writeFileSync(path, TORN)],
        [join(captures, pod.target.name, own, 'capture.90'), (path) => symlinkSync(bait, path)],
        [join(captures, pod.target.name, own, 'capture.91'), (path) => linkSync(bait, path)],
        [join(captures, pod.target.name, own, 'capture.92'), fifo],
        [join(captures, pod.target.name, own, 'capture.93'), (path) => mkdirSync(join(path, 'in'), { recursive: true })],
        [join(captures, pod.target.name, '01-0077'), (path) => symlinkSync(join(outside, '01-0001'), path)],
        [join(node.spool, 'journal.next'), (path) => symlinkSync(bait, path)],
        [join(node.spool, 'segments'), (path) => symlinkSync(outside, path)],
      ];
      for (const [path, plant] of planted) {
        mkdirSync(dirname(path), { recursive: true });
        plant(path);
      }
      const before = world();
      node.bucketIsDown = false;
      const second = node.start();
      second.control({ targets: [pod.target], stop: { reason: 'Requested' } });
      expect(await second.exited).toBe(0);
      expectBalanced(second.report);
      expect(second.report.ledger.packets).toMatchObject({ captured: 1500, uploaded: 1500 });
      expect(node.records().map(({ number }) => number).sort((a, b) => a - b)).toEqual(Array.from({ length: 1500 }, (_, n) => n));
      const bucket = readdirSync(node.bucket, { recursive: true, encoding: 'utf8' }).map((name) => join(node.bucket, name)).filter((path) => statSync(path).isFile());
      expect(bucket.filter((path) => readFileSync(path).includes('SECRET'))).toEqual([]);
      expect(world()).toEqual(before);
      expect([node.spoolFiles, tcpdumpsOf(pod), existsSync(join(outside, 'made'))]).toEqual([[], [], false]);
    } finally {
      await node.remove();
      pod.remove();
    }
  }, 40_000);
});
