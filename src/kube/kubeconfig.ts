// The kubeconfig that kubectl would use, under the same flags.
import { KubeConfig } from '@kubernetes/client-node';

export interface KubeconfigFlags {
  /** Path; default: KUBECONFIG's files, else ~/.kube/config, else the pod's service account. */
  kubeconfig?: string | undefined;
  context?: string | undefined;
  cluster?: string | undefined;
  user?: string | undefined;
  /** Impersonated user, and groups. */
  as?: string | undefined;
  asGroup?: string[] | undefined;
}

/** Throws with the file and what is wrong with it. */
export function loadKubeconfig(flags: KubeconfigFlags): KubeConfig {
  const config = new KubeConfig();
  if (flags.kubeconfig === undefined) config.loadFromDefault();
  else config.loadFromFile(flags.kubeconfig);
  if (flags.context !== undefined) config.setCurrentContext(flags.context);
  return config;
}
