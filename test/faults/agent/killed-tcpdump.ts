// Faults that end or stop tcpdump.
import { tcpdumpsOf } from '../../integration/agent/harness/agent-process.js';
import { agentFault } from './fault.js';
import type { AgentScene } from './scene.js';

const DIED = { gaps: ['TcpdumpDied'], longestGapMs: 6000 };

function signal(scene: AgentScene, name: NodeJS.Signals): void {
  for (const pid of tcpdumpsOf(scene.target.pod)) process.kill(pid, name);
}

const untilFollowed = async (scene: AgentScene, gapsBefore: number): Promise<void> => {
  await scene.until('the gap', (r) => r.gaps.count > gapsBefore);
  await scene.untilListening();
};

const ended = (name: string, by: NodeJS.Signals, short = false) =>
  agentFault({
    name,
    short,
    inject: (scene) =>
      scene.disturb(async () => {
        const gaps = scene.lastReport?.gaps.count ?? 0;
        signal(scene, by);
        await untilFollowed(scene, gaps);
      }),
    allowed: DIED,
  });

export const KILLED_TCPDUMP = [
  ended('tcpdump-sigkill', 'SIGKILL', true),
  ended('tcpdump-sigsegv', 'SIGSEGV'),
  ended('tcpdump-sigterm', 'SIGTERM'),
];
