// Faults of the target: its processes go and come, its pod goes, its netns is made anew.
import { eventually } from '../../integration/eventually.js';
import { agentFault, passing } from './fault.js';
import type { AgentScene } from './scene.js';

/** Its processes end; the netns stays, as that of a pod whose sandbox lives on. */
const endProcesses = ({ sandbox }: AgentScene['target']): void => void sandbox.kill('SIGKILL');

export const TARGETS = [
  agentFault({
    // A container that restarts ends nothing: the netns stays.
    name: 'target-processes-gone-and-back',
    inject: async (scene, random) => {
      endProcesses(scene.target);
      await passing(random.between(0, 2000));
      scene.target.sandbox = scene.target.pod.run();
    },
    allowed: {},
  }),
  agentFault({
    name: 'target-processes-gone-and-agent-killed',
    inject: (scene, random) =>
      scene.disturb(() =>
        scene.replaced(async () => {
          endProcesses(scene.target);
          scene.agent.child.kill('SIGKILL');
          await passing(random.between(0, 2000));
          scene.target.sandbox = scene.target.pod.run();
        }),
      ),
    allowed: { gaps: ['AgentRestarted'], longestGapMs: 20_000 },
  }),
  agentFault({
    name: 'target-gone-others-go-on',
    short: true,
    settings: () => ({ targets: 2, perSecond: 500 }),
    async inject(scene, random) {
      const [gone] = scene.targets;
      if (!gone) return;
      await scene.stopTraffic(gone);
      gone.gone = true;
      endProcesses(gone);
      await passing(random.between(0, 1000));
      scene.control({});
      const { name } = gone.pod.target;
      await scene.until('the target ended', (r) => r.targets.find((t) => t.name === name)?.stopReason === 'TargetGone');
      await eventually('its files are delivered', () => scene.lastReport?.targets.find((t) => t.name === name)?.state === 'Ended', { timeoutMs: 60_000 });
    },
    allowed: {},
  }),
  agentFault({
    name: 'target-netns-made-anew',
    async inject(scene, random) {
      await scene.stopTraffic(scene.target);
      await scene.disturb(async () => {
        const gaps = scene.lastReport?.gaps.count ?? 0;
        scene.target.pod.endSandbox(scene.target.sandbox);
        await passing(random.between(0, 2000));
        const { podIP } = scene.target.pod;
        scene.target.sandbox = scene.target.pod.runNewSandbox(random.pick([podIP, '10.99.0.3']));
        scene.control({});
        await scene.until('the gap', (r) => r.gaps.count > gaps);
        await scene.untilListening();
      });
      scene.startTraffic(scene.target);
    },
    allowed: { gaps: ['NetnsReplaced'], longestGapMs: 20_000 },
  }),
];
