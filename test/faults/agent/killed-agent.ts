// Faults that end the agent: at once, in order, many times in a row, and at chosen instructions.
import { eventually } from '../../integration/eventually.js';
import { agentFault, passing } from './fault.js';
import type { AgentScene } from './scene.js';

const RESTART = { gaps: ['AgentRestarted'], longestGapMs: 15_000 };

const kill = (scene: AgentScene): void => void scene.agent.child.kill('SIGKILL');

export const KILLED_AGENT = [
  agentFault({
    name: 'agent-sigkill',
    short: true,
    inject: (scene) => scene.disturb(() => scene.replaced(() => kill(scene))),
    allowed: RESTART,
  }),
  agentFault({
    name: 'agent-sigterm',
    inject: (scene) => scene.disturb(() => scene.replaced(() => void scene.agent.child.kill('SIGTERM'))),
    allowed: RESTART,
  }),
  agentFault({
    name: 'agent-sigkill-again-and-again',
    inject: (scene, random) =>
      scene.disturb(async () => {
        for (let times = random.between(4, 8); times > 0; times -= 1) {
          const known = scene.kubelet.agents.length;
          kill(scene);
          await eventually('a next agent', () => scene.kubelet.agents.length > known);
          await passing(random.between(0, 2500));
        }
        await scene.replaced(() => kill(scene));
      }),
    // An agent that is killed before it listens leaves the gap open.
    allowed: { ...RESTART, longestGapMs: 60_000 },
  }),
];
