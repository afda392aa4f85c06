// Faults of who is asked to capture: a pod is replaced, two agents are there at once, control is lost or names another and comes back.
import { eventually } from '../../integration/eventually.js';
import { agentFault, passing } from './fault.js';
import type { AgentScene } from './scene.js';

/** Addresses a pod as the operator does: the next attempt. */
async function hand(scene: AgentScene, before: () => Promise<void> = () => Promise.resolve()): Promise<void> {
  const number = scene.kubelet.pods.length + 1;
  const next = scene.kubelet.startPod(`agent-${number}`);
  await before();
  scene.address(next, { attempt: number });
  await eventually('its first report', () => next.agent.reports.length > 0, { timeoutMs: 90_000 });
  await scene.untilListening();
}

/** An agent that has had time to heed the former control still captures, or another one does. */
async function settled(scene: AgentScene): Promise<void> {
  const sinceMs = Date.now() + 2000;
  await scene.until('an agent captures', (r) => Date.parse(r.time) > sinceMs && scene.agent.reports.includes(r) && r.targets[0]?.state === 'Capturing');
  await scene.untilCaptured(300);
}

const REPLACED = { gaps: ['AgentReplaced', 'AgentRestarted'], longestGapMs: 30_000 };

export const ADDRESSING = [
  agentFault({
    name: 'agent-pod-replaced',
    short: true,
    inject: (scene, random) =>
      scene.disturb(async () => {
        await scene.kubelet.deletePod(scene.kubelet.pod, random.pick([0, 0, 30_000]));
        await passing(random.between(0, 1000));
        await hand(scene);
      }),
    allowed: REPLACED,
  }),
  agentFault({
    name: 'agent-pod-replaced-again-and-again',
    inject: (scene, random) =>
      scene.disturb(async () => {
        for (let times = random.between(2, 4); times > 0; times -= 1) {
          await scene.kubelet.deletePod(scene.kubelet.pod, random.pick([0, 30_000]));
          await hand(scene);
          await passing(random.between(0, 1000));
        }
      }),
    allowed: REPLACED,
  }),
  agentFault({
    // The Job controller runs a replacement beside a pod that is not gone; here both are even addressed.
    name: 'two-agents-at-once',
    short: true,
    inject: (scene, random) =>
      scene.disturb(async () => {
        const first = scene.kubelet.pod;
        const handing = hand(scene, () => passing(random.between(0, 2000)));
        await passing(random.between(0, 4000));
        await scene.kubelet.deletePod(first, random.pick([0, 30_000]));
        await handing;
      }),
    allowed: REPLACED,
  }),
  agentFault({
    name: 'control-lost-and-back',
    inject: (scene, random) =>
      scene.disturb(async () => {
        const { agent } = scene;
        agent.control(null);
        await passing(random.between(0, 5000));
        scene.control({});
        await settled(scene);
      }),
    allowed: REPLACED,
  }),
  agentFault({
    name: 'control-names-another-and-back',
    inject: (scene, random) =>
      scene.disturb(async () => {
        const uid = scene.kubelet.pod.uid;
        scene.control({ podUID: 'another' });
        await passing(random.between(0, 3000));
        scene.control({ podUID: uid });
        await settled(scene);
      }),
    allowed: REPLACED,
  }),
];
