// Faults of the objects that a run consists of: somebody deletes, edits or overwrites them.
import { readdirSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { LABEL } from '../../../src/api/group.js';
import { CONTROL_ANNOTATION } from '../../../src/protocol/control.js';
import { CAPTURES, JOBS_NAMESPACE } from '../../e2e/support/captures.js';
import { kubectl } from '../../e2e/support/kubectl.js';
import { eventually } from '../../integration/eventually.js';
import { clusterFault, passing } from './fault.js';
import type { ClusterScene } from './scene.js';

const ofCapture = async (scene: ClusterScene): Promise<string[]> => ['-n', JOBS_NAMESPACE, '-l', `${LABEL.captureUID}=${(await scene.object()).metadata.uid}`];

/** Deletes the capture pod, and waits until another captures. */
const replaced = async (scene: ClusterScene, ...how: string[]): Promise<void> => {
  const gaps = (await scene.object()).status?.gaps?.count ?? 0;
  await kubectl(['delete', 'pod', ...(await ofCapture(scene)), '--wait=false', ...how]);
  await scene.until('the gap', (c) => (c.status?.gaps?.count ?? 0) > gaps && c.status?.phase === 'Capturing');
};

const REPLACED = { gaps: ['AgentReplaced', 'AgentRestarted'], longestGapMs: 90_000 };

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
    inject: async (scene) => kubectl(['delete', 'secret', ...(await ofCapture(scene))]),
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
        await kubectl(['annotate', 'pod', ...(await ofCapture(scene)), '--overwrite', `${CONTROL_ANNOTATION}=${random.pick(['', '{', '{"version":1}'])}`]);
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
];
