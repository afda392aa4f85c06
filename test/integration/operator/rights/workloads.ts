// What reading each kind of workload is for, that a capture may name.
import type { WorkloadRef } from '../../../../src/api/capture-spec.js';
import type { Kube } from '../../../../src/kube/kube.js';
import type { KubeObject } from '../../../../src/kube/object.js';
import { JOBS } from '../../../../src/kube/resources.js';
import { eventually } from '../../eventually.js';
import { aCapture, aPod } from '../scene.js';
import { childrenOf, fresh, phase, type Step } from './stage.js';

interface Kind {
  ref: Omit<WorkloadRef, 'name'>;
  spec: (labels: Record<string, string>, template: object) => object;
}
const apps = (kind: WorkloadRef['kind']): Kind['ref'] => ({ apiVersion: 'apps/v1', kind });
const KINDS: Record<string, Kind> = {
  'deployments.apps': { ref: apps('Deployment'), spec: (matchLabels, template) => ({ selector: { matchLabels }, template }) },
  'statefulsets.apps': { ref: apps('StatefulSet'), spec: (matchLabels, template) => ({ serviceName: 'x', selector: { matchLabels }, template }) },
  'daemonsets.apps': { ref: apps('DaemonSet'), spec: (matchLabels, template) => ({ selector: { matchLabels }, template }) },
  'replicasets.apps': { ref: apps('ReplicaSet'), spec: (matchLabels, template) => ({ selector: { matchLabels }, template }) },
  services: { ref: { apiVersion: 'v1', kind: 'Service' }, spec: (selector) => ({ selector, ports: [{ port: 80 }] }) },
};

/** A kind is watched once in a namespace: here none is yet. */
export const WORKSHOP = 'workshop';

export const workloadSteps = Object.fromEntries(
  Object.entries(KINDS).flatMap(([resource, { ref, spec }]): [string, Step][] => [
    [`cluster ${resource} list`, { fails: `a capture of a ${ref.kind} is never looked at: its status stays empty`, begin: async ({ admin }) => {
      const { metadata } = await aCaptureOf(admin, ref, fresh());
      return () => phase(admin, metadata.name);
    } }],
    [`cluster ${resource} watch`, { fails: `a ${ref.kind} that comes after its capture is not noticed`, begin: async (stage) => {
      const { admin } = stage;
      const since = stage.operator().log().length;
      const name = fresh();
      const labels = { app: name };
      const [plural = '', group = ''] = resource.split('.');
      await aPod(admin, WORKSHOP, `${name}-0`, labels, { phase: 'Running', podIP: '10.0.0.7', podIPs: [{ ip: '10.0.0.7' }] });
      const capture = await aCaptureOf(admin, ref, name, WORKSHOP);
      // It was listed by then, and was not there.
      await eventually('it can not be followed', () => stage.operator().log().slice(since).includes(`cannot follow ${plural}`), { timeoutMs: 30_000 });
      const template = { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'x' }] } };
      await admin.create({ group, version: 'v1', plural, namespaced: true }, WORKSHOP, { metadata: { name }, spec: spec(labels, template) });
      return async () => (await childrenOf(admin, JOBS, capture.metadata.uid)).length > 0;
    } }],
  ]),
);

const aCaptureOf = (admin: Kube, ref: Kind['ref'], name: string, namespace?: string): Promise<KubeObject> => aCapture(admin, fresh(), { target: { workloadRef: { ...ref, name } } }, namespace);
