// Whether the API server answers, and is one that this project works with.
import type { ServerVersion } from '../../kube/discovery.js';
import { findingsOf, type Finding } from './finding.js';
import type { Seen } from './seen.js';

/** The oldest Kubernetes that it works with: 1.20. */
const OLDEST_MINOR = 20;

const { ok, fail } = findingsOf('server');

export function checkServer(address: string, version: Seen<ServerVersion>): Finding {
  if ('forbidden' in version) return fail(`${address} lets this user not even read its version`, 'check the user of the kubeconfig');
  if ('problem' in version) return fail(`cannot reach the API server ${address}: ${version.problem}`, 'check the kubeconfig, its context, its credentials and the network');
  const { gitVersion, major, minor } = version.value;
  const said = `Kubernetes ${gitVersion} answers at ${address}`;
  return major > 1 || minor >= OLDEST_MINOR ? ok(said) : fail(`${said}, and is older than 1.${OLDEST_MINOR}`, `upgrade the cluster to 1.${OLDEST_MINOR} or later`);
}
