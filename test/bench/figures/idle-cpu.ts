// Figure 6: what a capture takes of the processor while nothing matches its filter.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startSending } from '../../integration/agent/harness/traffic.js';
import type { TestPod } from '../../integration/agent/harness/namespace.js';
import type { Comparison, Figure } from '../framework/figure.js';
import { inTurn } from '../framework/rounds.js';
import { withAgentInPod } from '../support/agent-in-pod.js';
import { percentOfACore } from '../support/cpu.js';

/** Longer than the agent's slowest habit but one: its journal hears of silence every 10 s. */
const OURS_MS = 20_000;
const THEIRS_MS = 5000;
/** What a start leaves to be done: V8 gives its memory back after about 17 s. */
const SETTLED_MS = 30_000;
const FILTER = 'tcp port 8080';
const PACKETS_PER_SECOND = 1000;

/** As people type it. */
async function withTcpdump<T>(pod: TestPod, folder: string, use: (pid: number) => Promise<T>): Promise<T> {
  const tcpdump = spawn('nsenter', [`--net=/run/netns/${pod.netns}`, 'tcpdump', '-i', 'any', '-w', join(folder, 'alone.pcap'), FILTER], { stdio: ['ignore', 'ignore', 'pipe'] });
  try {
    await once(tcpdump.stderr, 'data');
    return await use(tcpdump.pid as number);
  } finally {
    const gone = once(tcpdump, 'close');
    tcpdump.kill('SIGINT');
    await gone;
  }
}

const comparison = (id: string, when: string, ours: number[], theirs: number[]): Comparison => ({
  id,
  ours: `node, nsenter and tcpdump of a capture container, ${when}`,
  theirs: 'tcpdump alone',
  unit: '% of a core',
  samples: { ours, theirs },
  as: 'value',
  better: 'less',
  limits: { must: 1, goal: 0.3 },
  margin: 0.1,
});

export const idleCPU: Figure = {
  number: 6,
  name: 'idle-cpu',
  title: 'CPU of the agent while nothing matches the filter',
  method: `The agent as its Job runs it, but without a kubelet, and in the same network namespace tcpdump by itself, both with the filter \`${FILTER}\` on \`any\`. Once ${PACKETS_PER_SECOND} datagrams a second come that do not match, once nothing. Counted is what all threads of the agent and its children were given of the processors (/proc/PID/task/*/schedstat) during ${OURS_MS / 1000} s, and of tcpdump during ${THEIRS_MS / 1000} s, in turn, from ${SETTLED_MS / 1000} s after the start on. The kernel's work for a packet that does not match is counted with its sender, in both cases. Kubelet and container runtime are not measured.`,
  measure: (bench) =>
    withAgentInPod({ tcpdump: { filter: FILTER }, ring: { fileSizeBytes: 10e6, rotateIntervalSeconds: 30 } }, ({ pod, node, agent }) =>
      withTcpdump(pod, node.folder, async (tcpdump) => {
        const ours = (): Promise<number> => percentOfACore(agent.child.pid as number, () => wait(OURS_MS));
        const theirs = (): Promise<number> => percentOfACore(tcpdump, () => wait(THEIRS_MS));
        await wait(SETTLED_MS);
        const silence = await inTurn(bench, { ours, theirs });
        const sending = startSending(pod, { perSecond: PACKETS_PER_SECOND });
        const traffic = await inTurn(bench, { ours, theirs }).finally(() => sending.stop());
        const { captured } = agent.report.ledger.packets;
        if (captured > 0) throw new Error(`${captured} packets matched a filter that none was to match`);
        return [comparison('idle-cpu-traffic', 'packets come that do not match', traffic.ours, traffic.theirs), comparison('idle-cpu-silence', 'nothing comes', silence.ours, silence.theirs)];
      }),
    ),
};
