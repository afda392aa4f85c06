// A tcpdump that misbehaves in the middle of a run: stopped by somebody, hanging, crashing. Capturing goes on, and what was lost is told.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jobConfig, tcpdumpsOf, TestNode, type AgentProcess } from './harness/agent-process.js';
import { TestPod } from './harness/namespace.js';
import { expectBalanced, unexplained, type Sent } from './harness/oracle.js';
import { startSending } from './harness/traffic.js';

let pod: TestPod;
let node: TestNode;
let agent: AgentProcess;

beforeEach(() => {
  pod = new TestPod();
  pod.run();
  node = new TestNode(jobConfig({ ring: { fileSizeBytes: 1e6, rotateIntervalSeconds: 1 } }));
});
afterEach(async () => {
  await node.remove();
  pod.remove();
});

async function start(env: NodeJS.ProcessEnv = {}): Promise<void> {
  agent = node.start('agent-1', env);
  agent.control({ targets: [pod.target] });
  await agent.untilCapturing();
}

async function stopAndCheck(sent: Sent[], reasons: string[]): Promise<void> {
  agent.control({ targets: [pod.target], stop: { reason: 'Requested' } });
  expect(await agent.exited).toBe(0);
  expectBalanced(agent.report);
  expect(unexplained(node, sent, 1)).toEqual({ missing: [], twice: [] });
  expect(node.manifest().gaps.map(({ reason }) => reason)).toEqual(reasons);
}

/** Traffic while `act` happens; what was sent is all there, or in a gap for the given reasons. */
async function underTraffic(act: (victim: number) => Promise<unknown>, reasons: string[]): Promise<void> {
  await start();
  const traffic = startSending(pod, { perSecond: 500 });
  await agent.untilCaptured(500);
  await act(tcpdumpsOf(pod)[0] as number);
  await agent.untilCaptured(agent.report.ledger.packets.captured + 1000);
  await stopAndCheck(await traffic.stop(), reasons);
}

describe('a tcpdump', () => {
  test('that somebody stops is woken, and nothing is lost', () =>
    underTraffic(async (victim) => {
      process.kill(victim, 'SIGSTOP');
      const { captured } = agent.report.ledger.packets;
      await agent.untilCaptured(captured + 1500);
      expect(tcpdumpsOf(pod)).toEqual([victim]);
      expect(agent.stderr).toContain('tcpdump does not answer');
    }, []), 40_000);

  test('that hangs is replaced, with a gap', async () => {
    // A stand-in for its first start alone: no real one hangs on demand.
    const programs = join(node.folder, 'bin');
    mkdirSync(programs);
    const hangs = `echo "tcpdump: listening on any, link-type LINUX_SLL2 (Linux cooked v2), snapshot length 262144 bytes" >&2; trap '' USR1 INT; exec sleep infinity`;
    const script = `#!/bin/sh\ncase "$*" in *" -w "*) if mkdir ${programs}/hung 2>/dev/null; then ${hangs}; fi;; esac\nPATH=$PATH_BEFORE exec tcpdump "$@"\n`;
    writeFileSync(join(programs, 'tcpdump'), script.replace('$PATH_BEFORE', process.env['PATH'] ?? ''), { mode: 0o755 });
    await start({ PATH: `${programs}:${process.env['PATH']}` });
    const traffic = startSending(pod, { perSecond: 500 });
    const noticed = await agent.until((r) => r.gaps.count > 0, 'the gap', 30_000);
    expect(noticed.gaps.seconds).toBeLessThan(15);
    await agent.untilCaptured(1000);
    await stopAndCheck(await traffic.stop(), ['TcpdumpHung']);
    expect(agent.stderr).toMatch(/answered nothing for \d+ s/);
  }, 60_000);

  test.each(['SIGSEGV', 'SIGTERM', 'SIGINT'] as const)('that ends by %s is followed by another within a second', (signal) =>
    underTraffic(async (victim) => {
      process.kill(victim, signal);
      const noticed = await agent.until((r) => r.gaps.count > 0, 'the gap');
      expect(noticed.gaps.seconds).toBeLessThan(3);
    }, ['TcpdumpDied']), 40_000);
});
