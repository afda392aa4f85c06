// Faults of the objects that a run consists of: somebody deletes, edits or overwrites them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { LABEL } from '../../../src/api/group.js';
import { CONTROL_ANNOTATION } from '../../../src/protocol/control.js';
import { CAPTURES, JOBS_NAMESPACE } from '../../e2e/support/captures.js';
import { kubectl } from '../../e2e/support/kubectl.js';
import { eventually } from '../../integration/eventually.js';
import { clusterFault, passing } from './fault.js';
import type { ClusterScene } from './scene.js';

export const ofCapture = async (scene: ClusterScene): Promise<string> => `${LABEL.captureUID}=${(await scene.object()).metadata.uid}`;
const inJobs = async (scene: ClusterScene): Promise<string[]> => ['-n', JOBS_NAMESPACE, '-l', await ofCapture(scene)];

/** Deletes the capture pod, and waits until another captures. */
const replaced = async (scene: ClusterScene, ...how: string[]): Promise<void> => {
  const gaps = (await scene.object()).status?.gaps?.count ?? 0;
  await kubectl(['delete', 'pod', ...(await inJobs(scene)), '--wait=false', ...how]);
  await scene.until('the gap', (c) => (c.status?.gaps?.count ?? 0) > gaps && c.status?.phase === 'Capturing');
};

export const REPLACED = { gaps: ['AgentReplaced', 'AgentRestarted'], longestGapMs: 90_000 };

export const OBJECTS = [
  clusterFault({
    name: 'capture-pod-deleted-again-and-again',
    inject: (scene, random) =>
      scene.disturb(async () => {
        for (let times = random.between(1, 2); times > 0; times -= 1) await replaced(scene);
      }),
    allowed: REPLACED,
  }),
  clusterFault({
    // With grace 0 the API server forgets the pod while its processes may still run: two agents alive at once.
    name: 'capture-pod-force-deleted',
    short: true,
    inject: (scene) => scene.disturb(() => replaced(scene, '--grace-period=0', '--force')),
    allowed: REPLACED,
  }),
  clusterFault({
    name: 'events-deleted',
    inject: async (scene) => kubectl(['delete', 'events', '--all', '-n', scene.name]),
    allowed: {},
  }),
  clusterFault({
    name: 'run-secret-deleted',
    inject: async (scene) => kubectl(['delete', 'secret', ...(await inJobs(scene))]),
    allowed: {},
  }),
  clusterFault({
    name: 'status-edited-away',
    short: true,
    async inject(scene) {
      // kubectl 1.20 patches no subresource. The operator may write meanwhile.
      const path = `/apis/packetcapture.dev/v1alpha1/namespaces/${scene.name}/packetcaptures/c/status`;
      await eventually('the status is edited away', async () => {
        const object = await scene.object();
        await kubectl(['replace', '--raw', path, '-f', '-'], JSON.stringify({ ...object, apiVersion: 'packetcapture.dev/v1alpha1', kind: 'PacketCapture', status: { observedGeneration: -1 } }));
        return true;
      });
    },
    allowed: {},
  }),
  clusterFault({
    name: 'object-written-all-the-time',
    async inject(scene, random) {
      for (let times = random.between(20, 40); times > 0; times -= 1) {
        await kubectl(['annotate', `${CAPTURES}/c`, '-n', scene.name, '--overwrite', `example.com/written=${times}`]);
        const record = (await scene.object()).metadata.uid;
        await kubectl(['annotate', 'configmap', record, '-n', JOBS_NAMESPACE, '--overwrite', `example.com/written=${times}`]);
      }
    },
    allowed: {},
  }),
  clusterFault({
    name: 'control-overwritten',
    inject: (scene, random) =>
      scene.disturb(async () => {
        await kubectl(['annotate', 'pod', ...(await inJobs(scene)), '--overwrite', `${CONTROL_ANNOTATION}=${random.pick(['', '{', '{"version":1}'])}`]);
        await passing(random.between(0, 3000));
        await scene.untilCaptured(300);
      }),
    allowed: REPLACED,
  }),
  clusterFault({
    name: 'log-rotated-away',
    async inject(scene) {
      const folder = join('/var/lib/packetcapture-sandbox', scene.node, 'host/var/log/pods');
      for (const { metadata } of await scene.pods()) {
        for (const name of readdirSync(folder).filter((entry) => entry.endsWith(metadata.uid))) {
          for (const log of readdirSync(join(folder, name), { recursive: true, encoding: 'utf8' })) if (log.endsWith('.log')) truncateSync(join(folder, name, log));
        }
      }
    },
    allowed: {},
  }),
  clusterFault({
    name: 'target-container-restarted',
    inject: (scene) => kubectl(['exec', '-n', scene.name, 'receiver', '--', 'sh', '-c', 'kill 1']).catch(() => undefined),
    allowed: {},
  }),
  clusterFault({
    name: 'job-deleted',
    inject: (scene) =>
      scene.disturb(async () => {
        await kubectl(['delete', 'job', ...(await inJobs(scene)), '--wait=false']);
        await scene.until('the gap', (c) => (c.status?.gaps?.count ?? 0) > 0 && c.status?.phase === 'Capturing');
      }),
    allowed: REPLACED,
  }),
  clusterFault({
    // What was sent before is captured, however soon after it the pod's netns is gone.
    name: 'target-pod-deleted',
    async inject(scene) {
      await scene.stopTraffic();
      await kubectl(['delete', 'pod', 'receiver', '-n', scene.name]);
      await scene.until('nothing is captured any more', (c) => c.status?.targets?.every(({ stopReason }) => stopReason === 'TargetGone') ?? false);
    },
    allowed: {},
  }),
  clusterFault({
    // Up to the end of the run: every write of the operator may meet one of these.
    name: 'run-record-written-every-100-ms',
    async inject(scene, random) {
      const path = `/api/v1/namespaces/${JOBS_NAMESPACE}/configmaps/${(await scene.object()).metadata.uid}`;
      const writer = await startWriter(path);
      scene.onRemove(() => writer.stop());
      await passing(random.between(2000, 5000));
    },
    allowed: {},
  }),
];

/** Annotates an object ten times a second. One kubectl for each would be too slow. */
async function startWriter(path: string): Promise<{ stop: () => Promise<void> }> {
  const proxy = spawn('kubectl', ['proxy', '--port=0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [text] = (await once(proxy.stdout, 'data')) as [Buffer];
  const address = /127\.0\.0\.1:\d+/.exec(text.toString())?.[0];
  if (address === undefined) throw new Error(`kubectl proxy said ${text.toString()}`);
  let times = 0;
  const timer = setInterval(() => {
    times += 1;
    const body = JSON.stringify({ metadata: { annotations: { 'example.com/written': String(times) } } });
    // It goes with its capture, before this ends.
    fetch(`http://${address}${path}`, { method: 'PATCH', headers: { 'content-type': 'application/merge-patch+json' }, body }).catch(() => undefined);
  }, 100);
  return {
    async stop() {
      clearInterval(timer);
      proxy.kill('SIGTERM');
      if (proxy.exitCode === null) await once(proxy, 'exit');
    },
  };
}
