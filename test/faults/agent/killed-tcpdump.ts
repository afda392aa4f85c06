// Faults that end tcpdump, stop it, or keep it from starting.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tcpdumpsOf } from '../../integration/agent/harness/agent-process.js';
import { agentFault, passing } from './fault.js';
import type { AgentScene } from './scene.js';

const DIED = { gaps: ['TcpdumpDied'], longestGapMs: 6000 };

function signal(scene: AgentScene, name: NodeJS.Signals): void {
  for (const pid of tcpdumpsOf(scene.target.pod)) process.kill(pid, name);
}

/** Kills tcpdump and waits until another listens. */
async function killOnce(scene: AgentScene, by: NodeJS.Signals): Promise<void> {
  const gaps = scene.lastReport?.gaps.count ?? 0;
  signal(scene, by);
  await scene.until('the gap', (r) => r.gaps.count > gaps);
  await scene.untilListening();
}

const ended = (name: string, by: NodeJS.Signals, short = false) => agentFault({ name, short, inject: (scene) => scene.disturb(() => killOnce(scene, by)), allowed: DIED });

/** Runs tcpdump unless the file `broken` is there and it is to write. */
const BREAKABLE = (folder: string): string => `#!/bin/sh
case "$*" in *' -w '*) [ -e '${folder}/broken' ] && { echo 'tcpdump: out of order' >&2; exit 1; };; esac
exec /usr/bin/tcpdump "$@"
`;

export const KILLED_TCPDUMP = [
  ended('tcpdump-sigkill', 'SIGKILL', true),
  ended('tcpdump-sigsegv', 'SIGSEGV'),
  ended('tcpdump-sigterm', 'SIGTERM'),
  agentFault({
    name: 'tcpdump-dies-again-and-again',
    async inject(scene, random) {
      for (let times = random.between(4, 7); times > 0; times -= 1) {
        await scene.disturb(() => killOnce(scene, 'SIGKILL'));
        await scene.untilCaptured(random.between(1, 800));
      }
    },
    allowed: DIED,
  }),
  agentFault({
    name: 'tcpdump-exits-at-start',
    settings: () => ({
      prepare(folder) {
        mkdirSync(join(folder, 'bin'));
        writeFileSync(join(folder, 'bin/tcpdump'), BREAKABLE(folder));
        chmodSync(join(folder, 'bin/tcpdump'), 0o755);
      },
      env: (folder) => ({ PATH: `${folder}/bin:${process.env['PATH'] ?? ''}` }),
    }),
    inject: (scene, random) =>
      scene.disturb(async () => {
        writeFileSync(join(scene.folder, 'broken'), '');
        const gaps = scene.lastReport?.gaps.count ?? 0;
        signal(scene, 'SIGKILL');
        await scene.until("tcpdump's words", (r) => r.targets.some((t) => t.message?.includes('out of order') ?? false));
        await passing(random.between(0, 800));
        rmSync(join(scene.folder, 'broken'));
        await scene.until('the gap', (r) => r.gaps.count > gaps);
        await scene.untilListening();
      }),
    allowed: DIED,
  }),
  agentFault({
    name: 'tcpdump-sigstop',
    settings: (random) => ({ perSecond: 2000, bytes: 1000, job: { tcpdump: { bufferSizeBytes: random.pick([2 ** 20, 32 * 2 ** 20]) } } }),
    async inject(scene, random) {
      const captured = scene.lastReport?.ledger.packets.captured ?? 0;
      await scene.disturb(async () => {
        signal(scene, 'SIGSTOP');
        await passing(random.between(500, 4000));
        signal(scene, 'SIGCONT');
        await scene.until('packets again', (r) => r.ledger.packets.captured > captured + 500);
      });
    },
    allowed: { gaps: ['TcpdumpDied', 'TcpdumpHung'], longestGapMs: 12_000, drops: true },
  }),
  agentFault({
    name: 'tcpdump-interface-vanishes',
    settings: () => ({ job: { tcpdump: { interface: 'eth0' } } }),
    // Whatever becomes of the pod's network then is awaited, and said; what comes until the stop is in the gap.
    inject: (scene) =>
      scene.disturb(async () => {
        execFileSync('ip', ['-n', scene.target.pod.netns, 'link', 'delete', 'eth0']);
        await scene.until('it says why it does not capture', (r) => r.targets[0]?.state !== 'Capturing' && r.targets[0]?.reason !== undefined);
        await scene.stopTraffic(scene.target);
        scene.control({ stop: { reason: 'Requested' } });
        const stopped = await scene.until('the run is over', (r) => r.stopReason !== undefined);
        if (stopped.targets[0]?.state === 'Failed') scene.target.untilMs = Date.parse(stopped.targets[0].stopTime ?? '');
      }),
    allowed: { gaps: ['TcpdumpDied', 'NetnsReplaced'], longestGapMs: 15_000 },
  }),
];
