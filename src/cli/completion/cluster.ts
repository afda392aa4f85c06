// Names out of the cluster, for completion: one page of each, as quickly as may be.
import { PACKET_CAPTURES } from '../../api/kinds.js';
import { JOBS, PODS, type Resource } from '../../kube/resources.js';
import type { CaptureObject } from '../capture.js';
import type { Session } from '../session.js';

export interface Candidate {
  word: string;
  /** What is said of it beside it. */
  about?: string;
}

const MOST = 500;

const apps = (plural: string): Resource => ({ group: 'apps', version: 'v1', plural, namespaced: true });
/** By each name of the kind that is offered. */
const KINDS: Record<string, Resource> = {
  pod: PODS,
  deploy: apps('deployments'),
  sts: apps('statefulsets'),
  ds: apps('daemonsets'),
  rs: apps('replicasets'),
  job: JOBS,
  svc: { group: '', version: 'v1', plural: 'services', namespaced: true },
};
const OTHER_NAMES: Record<string, string> = { po: 'pod', pods: 'pod', deployment: 'deploy', deployments: 'deploy', statefulset: 'sts', statefulsets: 'sts', daemonset: 'ds', daemonsets: 'ds', replicaset: 'rs', replicasets: 'rs', jobs: 'job', service: 'svc', services: 'svc' };

export async function namesOf({ kube, namespace }: Session, resource: Resource): Promise<string[]> {
  const { items } = await kube.list(resource, resource.namespaced ? namespace : undefined, { limit: MOST });
  return items.map(({ metadata }) => metadata.name);
}

export async function capturesIn({ kube, namespace }: Session): Promise<Candidate[]> {
  const { items } = await kube.list<CaptureObject>(PACKET_CAPTURES, namespace, { limit: MOST });
  return items.map(({ metadata, status }) => ({ word: metadata.name, ...(status?.phase !== undefined && { about: status.phase }) }));
}

export const podsIn = async (session: Session): Promise<Candidate[]> => (await namesOf(session, PODS)).map((word) => ({ word }));

/** The kinds, and what a name alone means there; behind a kind, its names. */
export async function targetsFor(session: Session, unfinished: string, alone: (session: Session) => Promise<Candidate[]>): Promise<Candidate[]> {
  const slash = unfinished.indexOf('/');
  if (slash >= 0) {
    const typed = unfinished.slice(0, slash);
    const resource = KINDS[OTHER_NAMES[typed] ?? typed];
    return resource ? (await namesOf(session, resource)).map((name) => ({ word: `${typed}/${name}` })) : [];
  }
  const kinds = Object.keys(KINDS).map((kind) => ({ word: `${kind}/` }));
  return [...(await alone(session).catch((): Candidate[] => [])), ...kinds];
}
