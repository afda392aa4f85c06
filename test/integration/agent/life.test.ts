// The agent's own life: killed just before its end, told to end while nothing can be delivered, and spoken to by nobody.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { closeSync, constants, existsSync, openSync, readFileSync, readdirSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { parseReport, type Report } from '../../../src/protocol/report.js';
import { jobConfig, tcpdumpsOf, TestNode } from './harness/agent-process.js';
import { TestPod } from './harness/namespace.js';
import { send, startSending } from './harness/traffic.js';

let pod: TestPod;
let node: TestNode;
const STOP = { reason: 'Requested' };

beforeEach(() => {
  pod = new TestPod();
  pod.run();
  node = new TestNode(jobConfig({ ring: { fileSizeBytes: 1e6, rotateIntervalSeconds: 1 } }));
});
afterEach(async () => {
  await node.remove();
  pod.remove();
});

test('a container that is restarted after all was done and removed captures nothing again, says what was said, and ends with 0', async () => {
  const first = node.start();
  first.control({ targets: [pod.target] });
  await first.untilCapturing();
  await send(pod, { count: 100, perSecond: 1000 });
  await first.untilCaptured(100);
  first.control({ targets: [pod.target], stop: STOP });
  expect(await first.exited).toBe(0);
  expect(readdirSync(node.spool)).toEqual([]);
  // As after a kill between the last removal and the exit; control still is what it was before the stop.
  first.control({ targets: [pod.target] });
  const keys = node.keys;
  const second = node.start();
  expect(await second.exited).toBe(0);
  expect(second.reports).toEqual([first.report]);
  expect(parseReport(readFileSync(second.terminationLog, 'utf8'))).toMatchObject({ done: true, number: first.report.number });
  expect([tcpdumpsOf(pod), readdirSync(node.spool), node.keys]).toEqual([[], [], keys]);
}, 30_000);

test('a container that is restarted while its spool was being removed removes the rest', async () => {
  const first = node.start();
  first.control({ targets: [pod.target] });
  await first.untilCapturing();
  first.control({ targets: [pod.target], stop: STOP });
  expect(await first.exited).toBe(0);
  // The journal is the last thing to go.
  const events = [{ type: 'spool', id: first.report.spool, runID: first.report.runID }, { type: 'attempt', attempt: 1 }, { type: 'done' }];
  writeFileSync(join(node.spool, 'journal'), events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  const second = node.start();
  expect(await second.exited).toBe(0);
  expect(readdirSync(node.spool)).toEqual([]);
}, 30_000);

test('SIGTERM while the bucket takes nothing does not wait for it', async () => {
  const agent = node.start();
  agent.control({ targets: [pod.target] });
  await agent.untilCapturing();
  node.bucketIsDown = true;
  await send(pod, { count: 500, perSecond: 1000 });
  await agent.untilCaptured(500);
  const endedMs = Date.now();
  agent.child.kill('SIGTERM');
  expect(await agent.exited).toBe(75);
  expect(Date.now() - endedMs).toBeLessThan(10_000);
  expect(agent.report).toMatchObject({ done: false, ledger: { packets: { captured: 500, pending: 500 } } });
}, 40_000);

test('streams that nobody reads hold up nothing: it captures, delivers and ends, and the termination message says so', async () => {
  const fifo = join(node.folder, 'full');
  execFileSync('mkfifo', [fifo]);
  const full = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
  const filler = Buffer.alloc(4096, '.');
  try {
    for (;;) writeSync(full, filler);
  } catch (error) {
    expect((error as NodeJS.ErrnoException).code).toBe('EAGAIN');
  }
  const output = openSync(fifo, constants.O_WRONLY);
  const agent = node.start('agent-1', {}, { output });
  const said = (): Report | undefined => (existsSync(agent.terminationLog) ? parseReport(readFileSync(agent.terminationLog, 'utf8')) : undefined);
  const until = async (fits: (report: Report) => boolean): Promise<void> => {
    const endMs = Date.now() + 20_000;
    for (let report = said(); !report || !fits(report); report = said()) {
      if (Date.now() > endMs) throw new Error(`not seen; last: ${JSON.stringify(report)}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  try {
    agent.control({ targets: [pod.target] });
    await until((r) => r.targets[0]?.state === 'Capturing');
    const traffic = startSending(pod, { perSecond: 1000, bytes: 500 });
    await until((r) => r.ledger.packets.captured >= 3000);
    const sent = await traffic.stop();
    await until((r) => r.ledger.packets.captured >= sent.length);
    agent.control({ targets: [pod.target], stop: STOP });
    expect(await agent.exited).toBe(0);
    expect(said()).toMatchObject({ done: true, ledger: { packets: { captured: sent.length, uploaded: sent.length } } });
  } finally {
    closeSync(output);
    closeSync(full);
  }
}, 60_000);
