// A whole run on real tcpdump in a real netns: what was sent is in the bucket exactly once, the numbers agree, nothing stays on the node.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseReport } from '../../../src/protocol/report.js';
import { jobConfig, TestNode } from './harness/agent-process.js';
import { TestPod } from './harness/namespace.js';
import { send } from './harness/traffic.js';

let pod: TestPod;
let node: TestNode;
beforeEach(() => {
  pod = new TestPod();
});
afterEach(async () => {
  await node.remove();
  pod.remove();
});

describe('a run', () => {
  test('captures from the pod, delivers rotated files, and leaves nothing on the node', async () => {
    pod.run();
    node = new TestNode(jobConfig({ ring: { fileSizeBytes: 1e6, rotateIntervalSeconds: 2 } }));
    const agent = node.start();
    agent.control({ targets: [pod.target] });
    await agent.untilCapturing();
    await send(pod, { count: 20_000, perSecond: 8000, bytes: 200 });
    await agent.untilCaptured(20_000);
    agent.control({ targets: [pod.target], stop: { reason: 'Requested' } });
    expect((await agent.exited) === 0 ? "" : agent.stderr).toBe("");

    const { report } = agent;
    expect(report).toMatchObject({ phase: 'Done', done: true, stopReason: 'Requested', ledger: { packets: { captured: 20_000, uploaded: 20_000, pending: 0, discarded: 0 } } });
    expect(node.records().map((r) => r.number)).toEqual(Array.from({ length: 20_000 }, (_, n) => n));
    const manifest = node.manifest();
    expect(manifest).toMatchObject({ final: true, ledger: report.ledger, targets: [{ name: pod.target.name, podUID: pod.uid, linkType: 'LINUX_SLL2', stopReason: 'Requested', state: 'Ended' }] });
    expect(manifest.targets[0]?.interfaces.map(({ name }) => name).sort()).toEqual(['eth0', 'lo']);
    for (const file of node.manifestFiles()) {
      const object = node.read(file.key as string);
      expect({ size: object.length, sha256: createHash('sha256').update(object).digest('hex') }).toEqual({ size: file.size, sha256: file.sha256 });
    }
    expect(node.manifestFiles()).toHaveLength(node.keys.length);
    expect(node.spoolFiles).toEqual([]);
    expect(agent.stdoutNoise).toBe('');
    expect(parseReport(readFileSync(agent.terminationLog, 'utf8'))).toMatchObject({ done: true, number: report.number });
  }, 30_000);

  test('lasts as long as it was asked to, also where nothing arrives', async () => {
    pod.run();
    node = new TestNode(jobConfig());
    const agent = node.start();
    agent.control({ targets: [pod.target], remainingMs: 3000 });
    expect(await agent.exited).toBe(0);
    const { stopReason, captureStartTime = '', stopTime = '' } = agent.report;
    expect(stopReason).toBe('Duration');
    const lastedMs = Date.parse(stopTime) - Date.parse(captureStartTime);
    expect(lastedMs).toBeGreaterThanOrEqual(2990);
    expect(lastedMs).toBeLessThan(3200);
  }, 20_000);
});
