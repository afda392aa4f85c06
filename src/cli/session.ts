// What a command works with: the API server as the user reaches it, and the namespace that is meant.
import type { KubeConfig } from '@kubernetes/client-node';
import type { Kube } from '../kube/kube.js';
import type { Io } from './io.js';

export interface Session {
  io: Io;
  kube: Kube;
  /** For what Kube does not speak: port-forward. */
  kubeConfig: KubeConfig;
  /** Of -n, else of the context, else `default`. */
  namespace: string;
}

/** Opens the session that the global flags ask for. Commands call it only once their own arguments are right. */
export type OpenSession = () => Session;
