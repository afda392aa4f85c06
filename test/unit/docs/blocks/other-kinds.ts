// Which kinds of others the documentation may show, and what becomes of each: an API server of the integration tests takes it, or why none can be asked.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { parseConfig } from '../../../../src/operator/config.js';
import { ROOT } from './pages.js';
import type { Shown } from './objects.js';

/** Served by Kubernetes 1.20: test/integration/docs applies them, on a dry run. */
const SERVED = [
  'v1 Namespace', 'v1 Secret', 'v1 ConfigMap', 'v1 Service', 'v1 ServiceAccount', 'v1 Pod', 'v1 ResourceQuota', 'v1 LimitRange', 'v1 PersistentVolumeClaim',
  'apps/v1 Deployment', 'apps/v1 StatefulSet', 'apps/v1 DaemonSet', 'batch/v1 Job', 'networking.k8s.io/v1 NetworkPolicy', 'scheduling.k8s.io/v1 PriorityClass', 'policy/v1beta1 PodDisruptionBudget',
  'rbac.authorization.k8s.io/v1 Role', 'rbac.authorization.k8s.io/v1 RoleBinding', 'rbac.authorization.k8s.io/v1 ClusterRole', 'rbac.authorization.k8s.io/v1 ClusterRoleBinding',
];

const FLUX = 'a CRD of Flux, which no package that runs on Node 20 has the schema of';
const ARGO = 'a CRD of Argo CD, which no package that runs on Node 20 has the schema of';
const PROMETHEUS = "a CRD of the Prometheus operator; what is shipped of it is tested where it lies, in config/components";
const NEWER = 'newer than Kubernetes 1.20';

/** Parsed as YAML, and known by name. */
const NOT_SERVED: Record<string, string> = {
  'kustomize.toolkit.fluxcd.io/v1 Kustomization': FLUX,
  'source.toolkit.fluxcd.io/v1 GitRepository': FLUX,
  'source.toolkit.fluxcd.io/v1 OCIRepository': FLUX,
  'helm.toolkit.fluxcd.io/v2 HelmRelease': FLUX,
  'notification.toolkit.fluxcd.io/v1beta3 Alert': FLUX,
  'notification.toolkit.fluxcd.io/v1beta3 Provider': FLUX,
  'argoproj.io/v1alpha1 Application': ARGO,
  'argoproj.io/v1alpha1 ApplicationSet': ARGO,
  'argoproj.io/v1alpha1 AppProject': ARGO,
  'monitoring.coreos.com/v1 ServiceMonitor': PROMETHEUS,
  'monitoring.coreos.com/v1 PodMonitor': PROMETHEUS,
  'monitoring.coreos.com/v1 PrometheusRule': PROMETHEUS,
  'monitoring.coreos.com/v1 Prometheus': PROMETHEUS,
  'policy/v1 PodDisruptionBudget': NEWER,
  'admissionregistration.k8s.io/v1 ValidatingAdmissionPolicy': NEWER,
  'admissionregistration.k8s.io/v1 ValidatingAdmissionPolicyBinding': NEWER,
  'kustomize.config.k8s.io/v1beta1 Kustomization': 'no object of a cluster; what it names is looked for here',
  'kustomize.config.k8s.io/v1alpha1 Component': 'no object of a cluster; what it names is looked for here',
  'kind.x-k8s.io/v1alpha4 Cluster': 'no object of a cluster: a file for kind',
};

const nameOf = ({ apiVersion, kind }: Shown): string => `${apiVersion} ${kind}`;

export const isServed = (object: Shown): boolean => SERVED.includes(nameOf(object));

export function problemsOfOther(object: Shown): string[] {
  if (!isServed(object) && NOT_SERVED[nameOf(object)] === undefined) return [`${nameOf(object)}: the test does not know this kind; add it to SERVED where Kubernetes 1.20 has it, else to NOT_SERVED with the reason`];
  if (object.apiVersion.startsWith('kustomize.config.k8s.io/')) return problemsOfKustomization(object);
  if (object.kind === 'Deployment' && object.metadata?.name === 'packetcapture-operator') return problemsOfFlags(object);
  return [];
}

/** A folder of this repository, also as it stands behind `//` or the repository's name in an address. */
function problemsOfKustomization(object: Shown): string[] {
  const named = [...((object['resources'] as string[] | undefined) ?? []), ...((object['components'] as string[] | undefined) ?? [])];
  return named.flatMap((name) => {
    const [, here] = /^(?:.*\/\/|.*packetcapture\/|(?:\.\.\/)*)((?:config|crds|examples)(?:\/[^?]*)?)(?:\?.*)?$/.exec(name) ?? [];
    return here !== undefined && !existsSync(path.join(ROOT, here)) ? [`${name}: no such folder or file`] : [];
  });
}

function problemsOfFlags(object: Shown): string[] {
  const { template } = object.spec as { template: { spec: { containers: { args?: string[] }[] } } };
  return template.spec.containers.flatMap(({ args = [] }) => {
    if (args[0] !== 'operator' && !args[0]?.startsWith('--')) return [`args ${JSON.stringify(args)}: begin with "operator"`];
    try {
      parseConfig(args.filter((arg) => arg !== 'operator'), {});
      return [];
    } catch (error) {
      return [(error as Error).message];
    }
  });
}
