// Live sessions on real tcpdump: the stream holds the packets that the bucket gets, in order, each once, whatever becomes of their files.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Control } from '../../../src/protocol/control.js';
import { eventually } from '../eventually.js';
import { jobConfig, TestNode, type AgentProcess, type JobOverrides } from './harness/agent-process.js';
import { ask, livePort, newToken, sessionOf, Watching } from './harness/live-client.js';
import { TestPod } from './harness/namespace.js';
import { expectBalanced, unexplained } from './harness/oracle.js';
import { send } from './harness/traffic.js';

const STOP = { reason: 'Requested' };
const RECORDER: JobOverrides = { ring: { files: 4, fileSizeBytes: 1e6 }, upload: { policy: 'OnDemand' } };
const token = newToken();
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

function started(overrides: JobOverrides = {}): AgentProcess {
  node = new TestNode(jobConfig(overrides));
  const agent = node.start();
  control(agent);
  return agent;
}

const control = (agent: AgentProcess, over: Partial<Control> = {}): void => agent.control({ targets: [pod.target], live: sessionOf(token), ...over });

async function stopped(agent: AgentProcess): Promise<void> {
  control(agent, { stop: STOP });
  expect((await agent.exited) === 0 ? '' : agent.stderr).toBe('');
  expectBalanced(agent.report);
  expect(node.spoolFiles).toEqual([]);
}

/** As stretches in which each is one more than the one before. */
const stretches = (numbers: number[]): [number, number][] =>
  numbers.reduce<[number, number][]>((all, number) => {
    const last = all.at(-1);
    if (last?.[1] === number - 1) last[1] = number;
    else all.push([number, number]);
    return all;
  }, []);
const untilSeen = (watching: Watching, number: number): Promise<true> => eventually(`packet ${number} is in the stream`, () => watching.numbers.at(-1) === number);

/** Files that the agent has open though they are removed. */
const removedAndOpen = ({ child }: AgentProcess): string[] =>
  readdirSync(`/proc/${child.pid}/fd`).flatMap((fd) => {
    try {
      const path = readlinkSync(join('/proc', String(child.pid), 'fd', fd));
      return path.endsWith(' (deleted)') ? [path] : [];
    } catch {
      return [];
    }
  });

describe('a live stream', () => {
  test('holds every packet once and in order while files rotate, are delivered and go', async () => {
    const agent = started({ ring: { fileSizeBytes: 1e6, rotateIntervalSeconds: 2 } });
    const watching = await Watching.from(await livePort(agent), pod.target.name, token);
    await agent.untilCapturing();
    const sent = await send(pod, { count: 16_000, perSecond: 8000, bytes: 700 });
    await agent.untilCaptured(16_000);
    await stopped(agent);

    expect(await watching.ended).toEqual({ 'packetcapture-end': 'TargetEnded', 'packetcapture-packets': '16000' });
    expect(stretches(watching.numbers)).toEqual([[0, 15_999]]);
    const inBucket = node.records();
    expect(watching.records.every(({ us }, n) => us === inBucket[n]?.us)).toBe(true);
    expect(unexplained(node, sent, 1)).toEqual({ missing: [], twice: [] });
    expect(node.keys.length).toBeGreaterThan(5);
  }, 60_000);

  test('of a recorder begins with the first packet that the ring holds, or with the next one, and goes on over snapshots', async () => {
    const agent = started(RECORDER);
    const port = await livePort(agent);
    await agent.untilCapturing();
    await send(pod, { count: 10_000, perSecond: 8000, bytes: 800 });
    await agent.untilCaptured(10_000);
    const [fromStart, fromNow] = await Promise.all([Watching.from(port, pod.target.name, token, 'start'), Watching.from(port, pod.target.name, token, 'now')]);
    await untilSeen(fromStart, 9999);
    expect(fromNow.bytes).toHaveLength(24);
    control(agent, { snapshot: { token: 't1' } });
    await agent.until((r) => r.snapshots.some((s) => s.completionTime !== undefined), 'the snapshot');
    await send(pod, { first: 10_000, count: 4000, perSecond: 8000, bytes: 800 });
    await agent.untilCaptured(14_000);
    control(agent, { snapshot: { token: 't1' }, stop: STOP });
    expect(await agent.exited).toBe(0);

    const first = fromStart.records[0]?.number ?? Infinity;
    expect(first).toBeGreaterThan(0);
    expect(first).toBeLessThanOrEqual(node.records()[0]?.number ?? -1);
    expect(stretches(fromStart.numbers)).toEqual([[first, 13_999]]);
    expect(stretches(fromNow.numbers)).toEqual([[10_000, 13_999]]);
    expect(await fromNow.ended).toEqual({ 'packetcapture-end': 'TargetEnded', 'packetcapture-packets': '4000' });
    expectBalanced(agent.report);
  }, 60_000);

  test('of a client that takes nothing loses its place, and neither the disk nor the account of packets is touched by it', async () => {
    const agent = started(RECORDER);
    const watching = await Watching.from(await livePort(agent), pod.target.name, token);
    await agent.untilCapturing();
    await send(pod, { count: 10, perSecond: 100 });
    await untilSeen(watching, 9);
    watching.stall();
    const open = new Set<string>();
    let sending = true;
    const sent = send(pod, { first: 10, count: 15_000, perSecond: 8000, bytes: 1200 }).finally(() => (sending = false));
    await eventually('the sender is done', () => {
      for (const path of removedAndOpen(agent)) open.add(path);
      return !sending;
    });
    await sent;
    await agent.untilCaptured(15_010);
    expect([...open]).toEqual([]);
    const names = node.spoolFiles.filter((path) => /captures\/.*\/capture\.\d*$/.test(path));
    expect(names.length).toBeLessThanOrEqual(5);
    watching.goOn();
    const ended = await watching.ended;
    expect(ended['packetcapture-end']).toBe('TooSlow');
    expect(stretches(watching.numbers)).toEqual([[0, Number(ended['packetcapture-packets']) - 1]]);
    const again = await Watching.from(await livePort(agent), pod.target.name, token, 'now');
    await send(pod, { first: 15_010, count: 10, perSecond: 100 });
    await untilSeen(again, 15_019);
    await stopped(agent);
    expect(stretches(again.numbers)).toEqual([[15_010, 15_019]]);
    expect(agent.report.ledger.packets).toMatchObject({ captured: 15_020, pending: 0, droppedByKernel: 0 });
  }, 60_000);
});

describe('a live session', () => {
  test('is there while control asks for it, and another token opens another', async () => {
    const agent = started();
    const port = await livePort(agent);
    const watching = await Watching.from(port, pod.target.name, token);
    await agent.untilCapturing();
    await send(pod, { count: 5, perSecond: 100 });
    await untilSeen(watching, 4);
    expect(JSON.parse((await ask(port, '/v1/targets', token)).body.toString())).toEqual({ targets: [pod.target.name] });

    control(agent, { live: null });
    expect(await watching.ended).toEqual({ 'packetcapture-end': 'SessionEnded', 'packetcapture-packets': '5' });
    await expect(ask(port, '/v1/targets', token)).rejects.toThrow('ECONNREFUSED');

    const other = newToken();
    control(agent, { live: sessionOf(other) });
    const next = await livePort(agent, 2);
    expect((await ask(next, '/v1/targets', token)).status).toBe(401);
    expect((await ask(next, '/v1/targets', other)).status).toBe(200);
    control(agent, { live: null, stop: STOP });
    expect(await agent.exited).toBe(0);
    expect(node.records()).toHaveLength(5);
  }, 60_000);

  test('goes over from an agent that was killed to the next one on its spool: what is still there is read from the start', async () => {
    const agent = started();
    await agent.untilCapturing();
    node.bucketIsDown = true;
    await send(pod, { count: 100, perSecond: 1000 });
    await agent.untilCaptured(100);
    await agent.kill();
    const next = node.start('agent-2');
    control(next, { attempt: 2 });
    const watching = await Watching.from(await livePort(next), pod.target.name, token);
    await next.untilCapturing();
    await send(pod, { first: 100, count: 100, perSecond: 1000 });
    await untilSeen(watching, 199);
    node.bucketIsDown = false;
    control(next, { attempt: 2, stop: STOP });
    expect(await next.exited).toBe(0);
    expect(await watching.ended).toEqual({ 'packetcapture-end': 'TargetEnded', 'packetcapture-packets': '200' });
    expect(stretches(watching.numbers)).toEqual([[0, 199]]);
  }, 60_000);
});
