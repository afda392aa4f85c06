// What reading each kind of workload is for, that a capture may name.
import type { WorkloadRef } from '../../../../src/api/capture-spec.js';
import type { KubeObject } from '../../../../src/kube/object.js';
import { eventually } from '../../eventually.js';
import { aCapture, NAMESPACE } from '../scene.js';
import { fresh, phase, says, type Stage, type Step } from './stage.js';

const labels = { app: 'nothing' };
const template = { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'x' }] } };
const WORKLOADS: Record<string, { ref: Omit<WorkloadRef, 'name'>; spec: object }> = {
  'deployments.apps': { ref: { apiVersion: 'apps/v1', kind: 'Deployment' }, spec: { replicas: 0, selector: { matchLabels: labels }, template } },
  'statefulsets.apps': { ref: { apiVersion: 'apps/v1', kind: 'StatefulSet' }, spec: { serviceName: 'x', replicas: 0, selector: { matchLabels: labels }, template } },
  'daemonsets.apps': { ref: { apiVersion: 'apps/v1', kind: 'DaemonSet' }, spec: { selector: { matchLabels: labels }, template } },
  'replicasets.apps': { ref: { apiVersion: 'apps/v1', kind: 'ReplicaSet' }, spec: { replicas: 0, selector: { matchLabels: labels }, template } },
  services: { ref: { apiVersion: 'v1', kind: 'Service' }, spec: { selector: labels, ports: [{ port: 80 }] } },
};

export const workloadSteps = Object.fromEntries(
  Object.entries(WORKLOADS).flatMap(([resource, { ref, spec }]): [string, Step][] => {
    const aCaptureOfIt = ({ admin }: Stage) => aCapture(admin, fresh(), { target: { workloadRef: { ...ref, name: fresh() } } });
    const nameOf = (capture: KubeObject): string => (capture['spec'] as { target: { workloadRef: { name: string } } }).target.workloadRef.name;
    return [
      [`cluster ${resource} list`, { fails: `a capture of a ${ref.kind} is never looked at: its status stays empty`, begin: async (stage) => {
        const { metadata: { name } } = await aCaptureOfIt(stage);
        return () => phase(stage.admin, name);
      } }],
      [`cluster ${resource} watch`, { fails: `a ${ref.kind} that comes after its capture is not noticed`, begin: async (stage) => {
        const since = stage.operator().log().length;
        const capture = await aCaptureOfIt(stage);
        const [plural = '', group = ''] = resource.split('.');
        // It was listed by then, and was not there.
        await eventually('it can not be followed', () => stage.operator().log().slice(since).includes(`cannot follow ${plural}`), { timeoutMs: 30_000 });
        await stage.admin.create({ group, version: 'v1', plural, namespaced: true }, NAMESPACE, { metadata: { name: nameOf(capture) }, spec });
        return async () => {
          const told = await says(stage.admin, capture.metadata.name);
          return told !== '[]' && !/does not exist in namespace/.test(told);
        };
      } }],
    ];
  }),
);
