// Names out of the cluster, for completion: one page of each, as quickly as may be.
import { PACKET_CAPTURES } from '../../api/kinds.js';
import { DAEMON_SETS, DEPLOYMENTS, JOBS, PODS, REPLICA_SETS, type Resource, SERVICES, STATEFUL_SETS } from '../../kube/resources.js';
import type { CaptureObject } from '../capture.js';
import type { Session } from '../session.js';
import { kindNamed, SHORT_KINDS } from '../start/target.js';

export interface Candidate {
  word: string;
  /** What is said of it beside it. */
  about?: string;
}

const MOST = 500;

const RESOURCES: Record<NonNullable<ReturnType<typeof kindNamed>>, Resource> = { Pod: PODS, Deployment: DEPLOYMENTS, StatefulSet: STATEFUL_SETS, DaemonSet: DAEMON_SETS, ReplicaSet: REPLICA_SETS, Job: JOBS, Service: SERVICES };

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
    const kind = kindNamed(typed);
    return kind ? (await namesOf(session, RESOURCES[kind])).map((name) => ({ word: `${typed}/${name}` })) : [];
  }
  const kinds = ['pod', ...Object.values(SHORT_KINDS)].map((kind) => ({ word: `${kind}/` }));
  return [...(await alone(session).catch((): Candidate[] => [])), ...kinds];
}
