// What the operator learns from its own pod: the image that capture pods run, and what pulls it. So one `set image` moves both.
import type { Kube } from '../kube/kube.js';
import type { KubeObject } from '../kube/object.js';
import { PODS } from '../kube/resources.js';
import type { OperatorConfig } from './config.js';

interface OwnPod extends KubeObject {
  spec: { containers: { image: string }[]; imagePullSecrets?: { name: string }[] };
}

export async function agentImage(config: OperatorConfig, kube: Kube): Promise<{ agentImage: string; imagePullSecrets: string[] }> {
  const pod = config.podName === undefined ? undefined : await kube.get<OwnPod>(PODS, config.systemNamespace, config.podName);
  const image = config.agentImage ?? pod?.spec.containers[0]?.image;
  if (image === undefined) throw new Error('the image of the capture Jobs is unknown: run in a pod with POD_NAME and POD_NAMESPACE from the downward API, or give --agent-image');
  return { agentImage: image, imagePullSecrets: (pod?.spec.imagePullSecrets ?? []).map(({ name }) => name) };
}
