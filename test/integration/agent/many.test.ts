// Many targets in one agent: they come and go while others are captured, each with its own numbers, and nobody's tcpdump is touched for another.
import { afterEach, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { AGENT_MEMORY_BYTES } from '../../../src/plan/job.js';
import type { ControlTarget } from '../../../src/protocol/control.js';
import { heard } from '../../../src/protocol/heard.js';
import { addLedgers } from '../../../src/protocol/ledger.js';
import { REPORT_MAX_BYTES, TERMINATION_MAX_BYTES, type Report } from '../../../src/protocol/report.js';
import { jobConfig, tcpdumpsOf, TestNode, type AgentProcess, type JobOverrides } from './harness/agent-process.js';
import { TestPod } from './harness/namespace.js';
import { expectBalanced, unexplained, type Sent } from './harness/oracle.js';
import { send, startSending } from './harness/traffic.js';

const STOP = { reason: 'Requested' };
let node: TestNode;
const pods: TestPod[] = [];

afterEach(async () => {
  await node.remove();
  for (const pod of pods.splice(0)) pod.remove();
});

function given(overrides: JobOverrides = {}): AgentProcess {
  node = new TestNode(jobConfig({ ring: { fileSizeBytes: 1e6 }, ...overrides }));
  return node.start();
}

function newPod(name: string): TestPod {
  const pod = new TestPod(name);
  pods.push(pod);
  pod.run();
  return pod;
}

/** What all reports so far say together, as an operator reads them. */
const known = (agent: AgentProcess): Report => heard(agent.reports.map((report) => JSON.stringify(report)).join('\n'), agent.report.runID, agent.podUID) as Report;
const stateIn = (report: Report, { target }: TestPod): string | undefined => report.targets.find((t) => t.name === target.name)?.state;

const untilAllCapture = (agent: AgentProcess, which: TestPod[]): Promise<Report> => agent.until(() => which.every((pod) => stateIn(known(agent), pod) === 'Capturing'), 'all are captured', 30_000);

function expectSum(report: Report): void {
  expect(report.targets.map(({ ledger }) => ledger).reduce(addLedgers)).toEqual(report.ledger);
  expectBalanced(report);
}

describe('six pods, two of which are replaced, twice', () => {
  test('yield every number that was sent while they were captured once, and nothing happens to the others', async () => {
    const agent = given();
    let live = Array.from({ length: 6 }, (_, n) => newPod(`web-${n}`));
    const gone: ControlTarget[] = [];
    const ask = (over: object = {}): void => agent.control({ targets: [...gone, ...live.map(({ target }) => target)], follows: true, ...over });
    const traffic = new Map<TestPod, ReturnType<typeof startSending>>();
    const sent = new Map<TestPod, Sent[]>();
    const begin = (): void => live.forEach((pod) => traffic.has(pod) || traffic.set(pod, startSending(pod, { first: pods.indexOf(pod) * 1e6, perSecond: 300, bytes: 200 })));
    const flowing = async (): Promise<void> => {
      const { captured } = agent.report.ledger.packets;
      await agent.untilCaptured(captured + 1500);
    };

    ask();
    await untilAllCapture(agent, live);
    begin();
    await flowing();
    for (const round of [0, 1]) {
      const [leaving, staying] = [live.filter((_, n) => n % 3 === round), live.filter((_, n) => n % 3 !== round)];
      const before = staying.map((pod) => tcpdumpsOf(pod));
      gone.push(...leaving.map(({ target }) => ({ ...target, gone: true, ...(round === 1 && { goneReason: 'MaxTargets' }) })));
      live = live.map((pod) => (leaving.includes(pod) ? newPod(pod.podName) : pod));
      ask();
      await untilAllCapture(agent, live);
      begin();
      await flowing();
      expect(staying.map((pod) => tcpdumpsOf(pod))).toEqual(before);
      expect(leaving.flatMap((pod) => tcpdumpsOf(pod))).toEqual([]);
    }
    for (const [pod, sending] of traffic) sent.set(pod, await sending.stop());

    // The last one that ends ends nothing else.
    gone.push(...live.map(({ target }) => ({ ...target, gone: true })));
    live = [];
    ask();
    await agent.until(() => known(agent).targets.every(({ state }) => state === 'Ended'), 'all have ended');
    expect(agent.report).toMatchObject({ phase: 'Capturing', done: false });
    ask({ stop: STOP });
    expect(await agent.exited).toBe(0);

    const report = known(agent);
    expectSum(report);
    expect(report.gaps.count).toBe(0);
    expect(report.targets).toHaveLength(10);
    expect(report.targets.map(({ stopReason }) => stopReason).sort()).toEqual([...Array<string>(2).fill('MaxTargets'), ...Array<string>(8).fill('TargetGone')]);
    for (const [pod, numbers] of sent) {
      const { captureStartTime = '', stopTime = '' } = report.targets.find(({ name }) => name === pod.target.name) ?? {};
      const listened = numbers.filter(({ ms, untilMs }) => ms > Date.parse(captureStartTime) && untilMs < Date.parse(stopTime));
      expect(listened.length).toBeGreaterThan(50);
      const { missing, twice } = unexplained(node, listened, 1, pod.target.name);
      expect({ pod: pod.target.name, missing: missing.slice(0, 3), twice }).toEqual({ pod: pod.target.name, missing: [], twice: [] });
    }
    const files = node.manifestFiles();
    for (const { name, ledger } of report.targets) expect(files.filter((f) => f.target === name).reduce((sum, f) => sum + f.packets, 0)).toBe(ledger.packets.captured);
  }, 120_000);
});

describe('thirty pods', () => {
  test('are captured within seconds, in the memory that a capture pod has, and reported with their own numbers', async () => {
    const count = 30;
    const all = Array.from({ length: count }, (_, n) => newPod(`web-${n}-`.padEnd(63, 'x')));
    const agent = given({ tcpdump: { bufferSizeBytes: 8 * 2 ** 20, bufferBudgetBytes: 64 * 2 ** 20 }, spool: { maxSizeBytes: 1e9 } });
    const targets = all.map(({ target }) => target);
    agent.control({ targets, follows: true });
    await agent.until((r) => r.targetCount === count, 'the first report');
    const beganMs = Date.now();
    await untilAllCapture(agent, all);
    const tookMs = Date.now() - beganMs;
    for (let n = 0; n < count; n += 6) await Promise.all(all.slice(n, n + 6).map((pod, k) => send(pod, { first: (n + k) * 1000, count: 20 + n + k, perSecond: 1000 })));
    const sent = all.map((_, n) => 20 + n);
    await agent.untilCaptured(sent.reduce((a, b) => a + b));
    agent.control({ targets, follows: true, stop: STOP });
    const peak = (): number => Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${agent.child.pid}/status`, 'utf8'))?.[1]) * 1024;
    const peakBytes = peak();
    expect(await agent.exited).toBe(0);

    const report = known(agent);
    expectSum(report);
    expect(new Map(report.targets.map(({ name, ledger }) => [name, ledger.packets.uploaded]))).toEqual(new Map(all.map(({ target }, n) => [target.name, sent[n]])));
    for (const line of agent.reports) expect(Buffer.byteLength(JSON.stringify(line))).toBeLessThan(REPORT_MAX_BYTES);
    expect(readFileSync(agent.terminationLog).length).toBeLessThanOrEqual(TERMINATION_MAX_BYTES);
    const buffers = node.manifest().targets.map(({ argv = [] }) => Number(argv[argv.indexOf('-B') + 1]) / 1024);
    expect(buffers.reduce((a, b) => a + b)).toBeLessThanOrEqual(64 + 1);
    expect(peakBytes).toBeLessThan(AGENT_MEMORY_BYTES);
    // Six processes each, on as many processors as there are.
    expect(tookMs).toBeLessThan(20_000);
  }, 180_000);
});

test('a spool that is too small for all says so of those that wait, and of the others it loses nothing', async () => {
  const agent = given({ spool: { maxSizeBytes: 4e6 } });
  const all = ['web-0', 'web-1', 'web-2', 'web-3'].map(newPod);
  agent.control({ targets: all.map(({ target }) => target), follows: true });
  const full = await agent.until((r) => r.targets.filter(({ state }) => state === 'Capturing').length === 2 && r.targets.filter(({ reason }) => reason === 'SpoolTooSmall').length === 2, 'two are captured, two wait');
  expect(full.targets.find(({ reason }) => reason === 'SpoolTooSmall')?.message).toMatch(/4M.*2 targets/);
  const captured = all.filter((pod) => stateIn(full, pod) === 'Capturing');
  const [first, second] = [captured[0] as TestPod, captured[1] as TestPod];
  const sent = await Promise.all([send(first, { count: 300, perSecond: 300 }), send(second, { first: 10_000, count: 300, perSecond: 300 })]);
  await agent.untilCaptured(600);
  agent.control({ targets: all.map((pod) => ({ ...pod.target, gone: pod === first })), follows: true });
  await agent.until((r) => r.targets.filter(({ state }) => state === 'Capturing').length === 2 && stateIn(r, first) === 'Ended', 'one that waited is captured');
  agent.control({ targets: all.map(({ target }) => target), follows: true, stop: STOP });
  expect(await agent.exited).toBe(0);
  expect(unexplained(node, sent.flat(), 1)).toEqual({ missing: [], twice: [] });
  expectSum(known(agent));
}, 60_000);
