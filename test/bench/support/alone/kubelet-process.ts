// Scheduler, kubelets and agents of all nodes in one process: capture pods are bound, run, say what agents say, and end. No container is started.
import { KubeConfig } from '@kubernetes/client-node';
import { createKube } from '../../../../src/kube/client.js';
import { pause, systemClock } from '../../../../src/kube/clock.js';
import { keyOf, type KubeObject } from '../../../../src/kube/object.js';
import { Reflector } from '../../../../src/kube/reflector.js';
import { PODS } from '../../../../src/kube/resources.js';
import { WorkQueue } from '../../../../src/kube/work-queue.js';
import type { PodObject } from '../../../../src/plan/objects.js';
import { CONTROL_ANNOTATION, controlSchema } from '../../../../src/protocol/control.js';
import { JOB_CONFIG_ENV, jobConfigSchema } from '../../../../src/protocol/job-config.js';
import { startLogEndpoint } from '../../../integration/api-server/log-endpoint.js';
import { endMs, logTail, reportAt, type AgentLife } from './agent-words.js';

/** As long as a downward API file takes to follow its annotation. */
const CONTROL_MS = 300;
const TAIL_LINES = 16;

type Pod = KubeObject & PodObject & {
  spec: { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: { matchFields: { values: string[] }[] }[] } } }; containers: { env: { name: string; value?: string }[] }[] };
};

const kubeConfig = new KubeConfig();
kubeConfig.loadFromDefault();
const kube = createKube(kubeConfig, { userAgent: 'kubelet/1' });
const endpoint = await startLogEndpoint((name) => {
  const life = lives.get(name);
  return life && logTail(life, Date.now(), TAIL_LINES);
});
/** By the pod's name. */
const lives = new Map<string, AgentLife>();
const pods = new Reflector<Pod>(kube, PODS, { namespace: process.env['JOBS_NAMESPACE'] });
const queue = new WorkQueue({ workers: 16 });

const setStatus = (pod: Pod, status: object): Promise<unknown> => kube.patch(PODS, pod.metadata.namespace, pod.metadata.name, { status }, { type: 'merge', subresource: 'status' });
const container = (state: object, ready: boolean): object => ({ containerStatuses: [{ name: 'agent', image: 'packetcapture:1', imageID: 'packetcapture:1', restartCount: 0, ready, started: ready, state }] });
const conditions = (ready: boolean): object => ({ conditions: ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map((type) => ({ type, status: type.endsWith('Ready') && !ready ? 'False' : 'True', lastTransitionTime: new Date().toISOString() })) });

/** The next thing that happens to a pod, and when to look again. */
async function turn(key: string): Promise<{ requeueAfterMs?: number } | void> {
  const pod = pods.store.get(key);
  if (!pod) return;
  const { name, namespace, uid, annotations } = pod.metadata;
  const phase = pod.status?.phase;
  if (phase === 'Succeeded') return;
  if (pod.spec.nodeName === undefined) {
    const node = pod.spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0]?.matchFields[0]?.values[0];
    await kube.create(PODS, namespace, { apiVersion: 'v1', kind: 'Binding', metadata: { name }, target: { apiVersion: 'v1', kind: 'Node', name: node } }, { subresource: 'binding' });
    return;
  }
  if (phase !== 'Running') {
    await setStatus(pod, { phase: 'Running', podIP: '10.1.0.1', podIPs: [{ ip: '10.1.0.1' }], startTime: new Date().toISOString(), ...conditions(true), ...container({ running: { startedAt: new Date().toISOString() } }, true) });
    return;
  }
  const text = annotations?.[CONTROL_ANNOTATION];
  if (text === undefined) return;
  const control = controlSchema.parse(JSON.parse(text));
  const config = jobConfigSchema.parse(JSON.parse(pod.spec.containers[0]?.env.find((variable) => variable.name === JOB_CONFIG_ENV)?.value ?? ''));
  const life = lives.get(name) ?? { config, control, podUID: uid, startMs: Date.now() + CONTROL_MS };
  lives.set(name, life);
  const leftMs = endMs(life) - Date.now();
  if (leftMs > 0) return { requeueAfterMs: leftMs };
  const { recentFiles: _files, ...totals } = reportAt(life, Date.now());
  await setStatus(pod, { phase: 'Succeeded', ...conditions(false), ...container({ terminated: { exitCode: 0, reason: 'Completed', startedAt: new Date(life.startMs).toISOString(), finishedAt: new Date().toISOString(), message: JSON.stringify({ ...totals, recentFiles: [] }) } }, false) });
}

pods.addHandler(({ type, object }) => {
  if (type === 'DELETED') lives.delete(object.metadata.name);
  else queue.add(keyOf(object));
});
pods.start();
void queue.run(turn);
process.send?.({ port: endpoint.port });
process.once('disconnect', () => process.exit(0));
for (;;) await pause(systemClock, 3_600_000);
