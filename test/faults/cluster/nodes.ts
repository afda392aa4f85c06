// Faults of nodes and of the control plane: they stop answering for a while. Thawed by a process of its own, whatever becomes of this one.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { get, kubectl } from '../../e2e/support/kubectl.js';
import { eventually } from '../../integration/eventually.js';
import { clusterFault, passing } from './fault.js';

/** Freezes a daemon of the sandbox, and resolves when it was thawed. */
async function freeze(daemon: string, seconds: number): Promise<void> {
  const [pid = ''] = readFileSync(`/run/packetcapture-sandbox/pids/${daemon}`, 'utf8').split(' ');
  spawn('sh', ['-c', 'kill -STOP "$0"; sleep "$1"; kill -CONT "$0"', pid, String(seconds)], { detached: true, stdio: 'ignore' }).unref();
  await passing(seconds * 1000);
}

const answers = (): Promise<unknown> => eventually('the API server answers', () => get('namespace', undefined, 'default'), { timeoutMs: 120_000, everyMs: 500 });

export const NODES = [
  clusterFault({
    name: 'api-server-frozen-for-a-while',
    alone: true,
    async inject(_, random) {
      await freeze('kube-apiserver', random.between(10, 30));
      await answers();
    },
    allowed: {},
  }),
  clusterFault({
    name: 'kubelet-frozen-for-a-while',
    alone: true,
    async inject(scene, random) {
      await freeze(`kubelet-${scene.node}`, random.between(10, 30));
      await eventually('the node is ready', async () => (await get<{ status: { conditions: { type: string; status: string }[] } }>('node', undefined, scene.node))?.status.conditions.find((c) => c.type === 'Ready')?.status === 'True', { timeoutMs: 120_000, everyMs: 500 });
    },
    allowed: {},
  }),
  clusterFault({
    name: 'node-cordoned-and-uncordoned',
    alone: true,
    async inject(scene, random) {
      await kubectl(['cordon', scene.node]);
      await passing(random.between(0, 5000));
      await kubectl(['uncordon', scene.node]);
    },
    allowed: {},
  }),
];
