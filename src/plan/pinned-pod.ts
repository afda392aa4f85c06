// The pod that a Job sends to one node: what those of captures and of sweeps have in common.
import { INSTALLATION } from '../api/installation.js';
import type { PlanConfig } from './config.js';

/** Sidecars would hold the pod open and their traffic is nobody's; each mesh documents its own switch. */
const MESH_OPT_OUT_LABELS = { 'sidecar.istio.io/inject': 'false' };
const MESH_OPT_OUT_ANNOTATIONS = { 'sidecar.istio.io/inject': 'false', 'linkerd.io/inject': 'disabled', 'kuma.io/sidecar-injection': 'disabled' };

const pinnedTo = (node: string): object => ({
  nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] }] } },
});

/** A pod template without a token, that preempts nobody. `spec`: what is the Job's own. */
export const pinnedPod = (node: string, labels: Record<string, string>, config: PlanConfig, spec: object, annotations: Record<string, string> = {}): object => ({
  metadata: { labels: { ...labels, ...MESH_OPT_OUT_LABELS }, annotations: { ...MESH_OPT_OUT_ANNOTATIONS, ...annotations } },
  spec: {
    serviceAccountName: INSTALLATION.agent,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    // Container runtimes know no seccomp for a privileged container.
    securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
    // Its preemptionPolicy is Never; set on the pod alone, the API server would refuse it.
    priorityClassName: INSTALLATION.agent,
    tolerations: [{ operator: 'Exists' }],
    affinity: pinnedTo(node),
    ...(config.imagePullSecrets.length > 0 && { imagePullSecrets: config.imagePullSecrets.map((name) => ({ name })) }),
    ...spec,
  },
});
