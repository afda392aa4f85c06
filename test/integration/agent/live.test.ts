// Live sessions on real tcpdump: the stream holds the packets that the bucket gets, in order, each once, whatever becomes of their files.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Control } from '../../../src/protocol/control.js';
import { jobConfig, TestNode, type AgentProcess, type JobOverrides } from './harness/agent-process.js';
import { livePort, newToken, sessionOf, Watching } from './harness/live-client.js';
import { TestPod } from './harness/namespace.js';
import { expectBalanced, unexplained } from './harness/oracle.js';
import { send } from './harness/traffic.js';

const STOP = { reason: 'Requested' };
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
const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

describe('a live stream', () => {
  test('holds every packet once and in order while files rotate, are delivered and go', async () => {
    const agent = started({ ring: { fileSizeBytes: 1e6 } });
    const watching = await Watching.from(await livePort(agent), pod.target.name, token);
    await agent.untilCapturing();
    const sent = await send(pod, { count: 30_000, perSecond: 6000, bytes: 400 });
    await agent.untilCaptured(30_000);
    control(agent, { stop: STOP });
    expect((await agent.exited) === 0 ? '' : agent.stderr).toBe('');

    expect(await watching.ended).toEqual({ 'packetcapture-end': 'TargetEnded', 'packetcapture-packets': '30000' });
    expect(watching.records.map(({ number }) => number)).toEqual(upTo(30_000));
    expect(watching.records).toEqual(node.records());
    expect(unexplained(node, sent, 1)).toEqual({ missing: [], twice: [] });
    expectBalanced(agent.report);
    expect(node.keys.length).toBeGreaterThan(5);
    expect(node.spoolFiles).toEqual([]);
  }, 30_000);
});
