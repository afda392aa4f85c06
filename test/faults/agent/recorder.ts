// Faults in the middle of what a flight recorder and a suspension do: over all snapshots no packet is missing and none is there twice.
import { tcpdumpsOf } from '../../integration/agent/harness/agent-process.js';
import type { Random } from '../framework/random.js';
import { agentFault, passing } from './fault.js';
import type { AgentScene, Settings } from './scene.js';

const recorder = (random: Random): Settings => ({ job: { upload: { policy: 'OnDemand' }, ring: { files: random.between(3, 30), fileSizeBytes: 1e6, rotateIntervalSeconds: 1 } } });
const KILLED = { gaps: ['AgentRestarted', 'TcpdumpDied'], longestGapMs: 15_000 };

let tokens = 0;
function ask(scene: AgentScene): string {
  tokens += 1;
  const token = `t${tokens}`;
  scene.control({ snapshot: { token } });
  return token;
}
const taken = (scene: AgentScene, token: string): Promise<unknown> => scene.until(`snapshot ${token}`, (r) => r.snapshots.some((s) => s.token === token && s.completionTime !== undefined));

const snapshotDuring = (name: string, injectMeanwhile: (scene: AgentScene, random: Random) => Promise<void>, allowed = {}, short = false) =>
  agentFault({
    name,
    short,
    settings: recorder,
    async inject(scene, random) {
      for (let times = random.between(2, 3); times > 0; times -= 1) {
        const token = ask(scene);
        await passing(random.between(0, 1500));
        await injectMeanwhile(scene, random);
        await taken(scene, token);
        await scene.untilCaptured(random.between(1, 1500));
      }
    },
    allowed,
  });

export const RECORDER = [
  snapshotDuring('snapshots', () => Promise.resolve()),
  snapshotDuring('snapshot-and-agent-sigkill', (scene) => scene.disturb(() => scene.replaced(() => void scene.agent.child.kill('SIGKILL'))), KILLED, true),
  snapshotDuring(
    'snapshot-and-tcpdump-sigkill',
    (scene) =>
      scene.disturb(async () => {
        const gaps = scene.lastReport?.gaps.count ?? 0;
        for (const pid of tcpdumpsOf(scene.target.pod)) process.kill(pid, 'SIGKILL');
        await scene.until('the gap', (r) => r.gaps.count > gaps);
        await scene.untilListening();
      }),
    KILLED,
  ),
  snapshotDuring('snapshot-while-the-bucket-is-down', async (scene, random) => {
    await scene.proxy.down();
    await passing(random.between(500, 3000));
    await scene.proxy.up();
  }),
  agentFault({
    name: 'suspended-while-the-bucket-is-down',
    short: true,
    async inject(scene, random) {
      await scene.proxy.down();
      await passing(random.between(0, 1000));
      await scene.disturb(async () => {
        scene.control({ suspend: true });
        await passing(random.between(0, 4000));
        scene.control({ suspend: false });
        await scene.until('capturing again', (r) => r.phase === 'Capturing' && r.targets.every((t) => t.state === 'Capturing'));
        await scene.untilCaptured(100);
      });
      await scene.proxy.up();
    },
    allowed: { gaps: ['Suspended'], longestGapMs: 15_000 },
  }),
  agentFault({
    name: 'suspended-and-agent-sigkill',
    inject: (scene, random) =>
      scene.disturb(async () => {
        scene.control({ suspend: true });
        await passing(random.between(0, 3000));
        const known = scene.kubelet.agents.length;
        scene.agent.child.kill('SIGKILL');
        await passing(random.between(0, 3000));
        scene.control({ suspend: false });
        await scene.until('the next agent captures', (r) => scene.kubelet.agents.length > known && scene.agent.reports.includes(r) && r.targets.every((t) => t.state === 'Capturing'));
        await scene.untilCaptured(100);
      }),
    allowed: { gaps: ['Suspended', 'AgentRestarted'], longestGapMs: 20_000 },
  }),
];
