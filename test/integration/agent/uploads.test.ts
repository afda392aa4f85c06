// What an agent says of its own uploads and its spool, against what a proxy before a real bucket did to them and what is in the bucket.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { Report } from '../../../src/protocol/report.js';
import { UPLOAD_SECONDS, type Work } from '../../../src/protocol/work.js';
import { schedule, startFaultProxy, type FaultProxy } from '../storage/fault-proxy.js';
import { bucket, never, ownPrefix, removeAll, sandboxStore } from '../storage/sandbox-bucket.js';
import { jobConfig, TestNode, type AgentProcess } from './harness/agent-process.js';
import { TestPod } from './harness/namespace.js';
import { send } from './harness/traffic.js';

jest.setTimeout(60_000);

const STOP = { reason: 'Requested' };
const FILE = /\.pcap$/;
let pod: TestPod;
let proxy: FaultProxy;
let prefix: string;
let node: TestNode;
beforeEach(async () => {
  prefix = ownPrefix();
  proxy = await startFaultProxy(bucket.endpoint);
  pod = new TestPod();
  pod.run();
  node = new TestNode(jobConfig({ ring: { fileSizeBytes: 1e6 }, destination: { endpoint: proxy.endpoint, region: bucket.region, bucket: bucket.name, prefix } }));
});
afterEach(async () => {
  await node.remove();
  pod.remove();
  await proxy.close();
  await removeAll(prefix);
});

function startAgent(): AgentProcess {
  const folder = join(node.folder, 'pod-agent-1');
  mkdirSync(folder, { recursive: true });
  for (const [name, value] of Object.entries(bucket.credentials)) writeFileSync(join(folder, name), value);
  const agent = node.start('agent-1', { TEST_BUCKET: '' });
  agent.control({ targets: [pod.target] });
  return agent;
}

const workOf = ({ work }: Report): Work => {
  if (!work) throw new Error('a report without the work of its agent');
  return work;
};
const count = (counts: number[]): number => counts.reduce((a, b) => a + b, 0);
/** Keys of the files that are in the bucket, of those that the proxy saw. */
async function stored(): Promise<string[]> {
  const keys = [...new Set(proxy.seen.filter(({ method, key }) => method === 'PUT' && FILE.test(key)).map(({ key }) => key))];
  const heads = await Promise.all(keys.map((key) => sandboxStore().head(key, never())));
  return keys.filter((_, n) => heads[n] !== undefined);
}

test('each file in the bucket is one duration, each refused try an error of its reason, and a slow bucket is a long one', async () => {
  proxy.decide = schedule([
    { method: 'PUT', key: FILE, times: 1, fault: { kind: 'answer', status: 403 } },
    { method: 'PUT', key: FILE, skip: 1, times: 1, fault: { kind: 'answer', status: 503 } },
    { method: 'PUT', key: FILE, skip: 2, times: 1, fault: { kind: 'delay', ms: 1500 } },
    { method: 'PUT', key: /\/manifest\//, times: 1, fault: { kind: 'reset', afterBytes: 10 } },
  ]);
  const agent = startAgent();
  await agent.untilCapturing();
  await send(pod, { count: 20_000, perSecond: 8000, bytes: 200 });
  const midway = workOf(await agent.untilCaptured(20_000));
  agent.control({ targets: [pod.target], stop: STOP });
  expect((await agent.exited) === 0 ? '' : agent.stderr).toBe('');

  const { ledger } = agent.report;
  const { uploads, spool, process } = workOf(agent.report);
  expect(ledger.files.uploaded).toBeGreaterThanOrEqual(3);
  expect([count(uploads.counts), (await stored()).length]).toEqual([ledger.files.uploaded, ledger.files.uploaded]);
  expect(uploads.errors).toEqual({ AccessDenied: 1, StoreError: 1, BucketUnreachable: 1 });
  expect(count(uploads.counts.slice(UPLOAD_SECONDS.indexOf(1) + 1))).toBeGreaterThanOrEqual(1);
  expect(uploads.seconds).toBeGreaterThan(1.5);
  expect(midway.spool.usedBytes).toBeGreaterThan(0);
  expect([midway.spool.usedBytes <= midway.spool.maxBytes, spool.maxBytes]).toEqual([true, node.job.spool.maxSizeBytes]);
  expect(agent.reports.map((report) => workOf(report).process)).toEqual(agent.reports.map(() => process));
});

test('a restarted agent begins at 0 under another name: of both together each file is counted once', async () => {
  const first = startAgent();
  await first.untilCapturing();
  await send(pod, { count: 10_000, perSecond: 8000, bytes: 200 });
  // Nothing is under way any more, whose end the killed one could not tell of.
  const last = workOf(await first.until(({ ledger }) => ledger.packets.captured >= 10_000 && ledger.files.uploaded >= 1 && ledger.files.pending === 1, 'all but the open file uploaded'));
  await first.kill();

  const second = startAgent();
  const resumed = await second.until((report) => report.gaps.count > 0, 'the gap');
  await send(pod, { first: 10_000, count: 10_000, perSecond: 8000, bytes: 200 });
  await second.untilCaptured(resumed.ledger.packets.captured + 5000);
  second.control({ targets: [pod.target], stop: STOP });
  expect((await second.exited) === 0 ? '' : second.stderr).toBe('');

  const next = workOf(second.report);
  expect(next.process).not.toBe(last.process);
  expect(workOf(second.reports[0] as Report).uploads.counts.length).toBe(UPLOAD_SECONDS.length + 1);
  expect(count(last.uploads.counts) + count(next.uploads.counts)).toBe(second.report.ledger.files.uploaded);
  expect((await stored()).length).toBe(second.report.ledger.files.uploaded);
});
