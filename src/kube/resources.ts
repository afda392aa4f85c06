// Which resource a call is about, and where the API server serves it.

export interface Resource {
  /** Empty for the core group. */
  group: string;
  version: string;
  plural: string;
  namespaced: boolean;
}

const core = (plural: string, namespaced = true): Resource => ({ group: '', version: 'v1', plural, namespaced });

export const PODS = core('pods');
export const CONFIG_MAPS = core('configmaps');
export const SECRETS = core('secrets');
export const SERVICE_ACCOUNTS = core('serviceaccounts');
export const EVENTS = core('events');
export const NODES = core('nodes', false);
export const NAMESPACES = core('namespaces', false);
const apps = (plural: string): Resource => ({ group: 'apps', version: 'v1', plural, namespaced: true });

export const SERVICES = core('services');
export const DEPLOYMENTS = apps('deployments');
export const STATEFUL_SETS = apps('statefulsets');
export const DAEMON_SETS = apps('daemonsets');
export const REPLICA_SETS = apps('replicasets');
export const JOBS: Resource = { group: 'batch', version: 'v1', plural: 'jobs', namespaced: true };
export const LEASES: Resource = { group: 'coordination.k8s.io', version: 'v1', plural: 'leases', namespaced: true };
export const SELF_SUBJECT_ACCESS_REVIEWS: Resource = { group: 'authorization.k8s.io', version: 'v1', plural: 'selfsubjectaccessreviews', namespaced: false };

/** The path of a collection (no name), an object, or a subresource. Throws where a namespace is missing or too many. */
export function resourcePath(resource: Resource, namespace?: string, name?: string, subresource?: string): string {
  const { group, version, plural } = resource;
  if (!resource.namespaced && namespace !== undefined) throw new TypeError(`${plural} are cluster-scoped: no namespace, got "${namespace}"`);
  if (resource.namespaced && name !== undefined && namespace === undefined) throw new TypeError(`${plural} "${name}": a namespace is needed`);
  const parts = group === '' ? ['api', version] : ['apis', group, version];
  if (namespace !== undefined) parts.push('namespaces', namespace);
  parts.push(plural);
  if (name !== undefined) parts.push(name);
  if (subresource !== undefined) parts.push(subresource);
  const bad = parts.find((part) => part === '' || part === '.' || part === '..');
  if (bad !== undefined) throw new TypeError(`"${bad}" cannot be part of the path of ${plural}`);
  return `/${parts.map(encodeURIComponent).join('/')}`;
}
