// Faults of nodes and of the control plane: they stop answering for a while, die and come back, or are taken out of use. Thawed and started again by a process of its own, whatever becomes of this one.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { condition } from '../../e2e/support/captures.js';
import { get, kubectl } from '../../e2e/support/kubectl.js';
import { eventually } from '../../integration/eventually.js';
import { clusterFault, passing } from './fault.js';
import { ofCapture, REPLACED } from './objects.js';
import { withArguments } from './operators.js';
import type { ClusterScene } from './scene.js';

const SANDBOX = fileURLToPath(new URL('../../../hack/sandbox/sandbox', import.meta.url));

/** Kills a daemon of the sandbox, and resolves when it works again. */
async function restart(daemon: string, seconds: number): Promise<void> {
  const child = spawn(SANDBOX, ['restart', daemon, String(seconds)], { detached: true, stdio: 'ignore' });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`sandbox restart ${daemon} ${seconds}: exit code ${code}`);
}

const pidOf = (daemon: string): string => readFileSync(`/run/packetcapture-sandbox/pids/${daemon}`, 'utf8').split(' ')[0] ?? '';

/** Freezes a daemon of the sandbox, and resolves when it was thawed. */
async function freeze(daemon: string, seconds: number): Promise<void> {
  const pid = pidOf(daemon);
  spawn('sh', ['-c', 'kill -STOP "$0"; sleep "$1"; kill -CONT "$0"', pid, String(seconds)], { detached: true, stdio: 'ignore' }).unref();
  await passing(seconds * 1000);
}

/** Freezes a daemon for longer than it is to take; thaws it when `until` is resolved. */
async function freezeUntil(daemon: string, mostSeconds: number, until: () => Promise<unknown>): Promise<void> {
  const pid = Number(pidOf(daemon));
  const frozen = freeze(daemon, mostSeconds).catch(() => undefined);
  try {
    await Promise.race([until(), frozen.then(() => Promise.reject(new Error(`${daemon} was frozen for ${mostSeconds} s, and what was waited for did not come`)))]);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
}

const isReady = (scene: ClusterScene): Promise<unknown> =>
  eventually('the node is ready', async () => (await get<{ status: { conditions: { type: string; status: string }[] } }>('node', undefined, scene.node))?.status.conditions.find((c) => c.type === 'Ready')?.status === 'True', { timeoutMs: 120_000, everyMs: 500 });

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
      await isReady(scene);
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
  clusterFault({
    name: 'api-server-killed-and-started-again',
    alone: true,
    async inject(_, random) {
      await restart('kube-apiserver', random.between(20, 35));
      await answers();
    },
    allowed: {},
  }),
  clusterFault({
    name: 'kubelet-killed-and-started-again',
    alone: true,
    async inject(scene, random) {
      await restart(`kubelet-${scene.node}`, random.between(0, 20));
      await isReady(scene);
    },
    allowed: {},
  }),
  clusterFault({
    // Containers outlive their runtime; meanwhile nobody reads what the agent says.
    name: 'container-runtime-killed-and-started-again',
    alone: true,
    async inject(scene, random) {
      await restart(`containerd-${scene.node}`, random.between(0, 20));
      await isReady(scene);
    },
    allowed: {},
  }),
  clusterFault({
    name: 'node-drained-and-uncordoned',
    alone: true,
    inject: (scene, random) =>
      scene.disturb(async () => {
        scene.onRemove(() => kubectl(['uncordon', scene.node]));
        await kubectl(['drain', scene.node, `--pod-selector=${await ofCapture(scene)}`, '--delete-emptydir-data', '--ignore-daemonsets', '--timeout=90s']);
        await scene.until('it says NodeDrained', (c) => condition(c, 'Ready')?.reason === 'NodeDrained');
        await passing(random.between(0, 5000));
        await kubectl(['uncordon', scene.node]);
        await scene.until('the gap', (c) => (c.status?.gaps?.count ?? 0) > 0 && c.status?.phase === 'Capturing');
      }),
    allowed: REPLACED,
  }),
  clusterFault({
    // As on a node that is cut off: its agent captures on, and delivers. The run is over when the node is lost; all that was sent until then arrives.
    name: 'node-lost-and-back',
    alone: true,
    async inject(scene, random) {
      await withArguments(scene, ['--node-lost-after=10s']);
      await freezeUntil(`kubelet-${scene.node}`, 150, async () => {
        await scene.until('its node is lost', (c) => condition(c, 'Failed')?.reason === 'NodeLost');
        await scene.stopTraffic();
        await passing(random.between(0, 5000));
      });
      await isReady(scene);
    },
    allowed: {},
  }),
];
