// Asks the API server for all that is checked, at once: one unanswered or refused question keeps none of the others from being asked.
import { GROUP, VERSION } from '../../api/group.js';
import { INSTALLATION } from '../../api/installation.js';
import { CLUSTER_CAPTURE_DESTINATIONS } from '../../api/kinds.js';
import { pause } from '../../kube/clock.js';
import type { Discovery } from '../../kube/discovery.js';
import type { Lease } from '../../kube/lease.js';
import { listAll } from '../../kube/listing.js';
import type { KubeObject } from '../../kube/object.js';
import { DEPLOYMENTS, LEASES, NAMESPACES, NODES, SERVICE_ACCOUNTS, type Resource } from '../../kube/resources.js';
import { isAllowed } from '../access.js';
import type { Session } from '../session.js';
import { CRDS, type CrdObject } from './crds.js';
import type { DestinationSeen } from './destinations.js';
import type { NodeSeen } from './nodes.js';
import { flagOf, type DeploymentObject, type OperatorSeen, type PriorityClassObject } from './operator.js';
import type { Need } from './rights.js';
import { see, valueOf, type Seen } from './seen.js';

const CUSTOM_RESOURCE_DEFINITIONS: Resource = { group: 'apiextensions.k8s.io', version: 'v1', plural: 'customresourcedefinitions', namespaced: false };
const PRIORITY_CLASSES: Resource = { group: 'scheduling.k8s.io', version: 'v1', plural: 'priorityclasses', namespaced: false };

const { systemNamespace: SYSTEM, operator: OPERATOR, agent: AGENT } = INSTALLATION;

export const observeCrds = async (session: Session, discovery: Discovery) => {
  const [served, installed] = await Promise.all([
    see(discovery.resources(GROUP, VERSION)),
    see(Promise.all(CRDS.map(({ metadata }) => session.kube.get<CrdObject>(CUSTOM_RESOURCE_DEFINITIONS, undefined, metadata.name)))),
  ]);
  return { served, installed };
};

export const observeDeployments = ({ kube }: Session): Promise<Seen<DeploymentObject[]>> =>
  see(kube.list<DeploymentObject>(DEPLOYMENTS, SYSTEM, { labelSelector: `app.kubernetes.io/name=${OPERATOR}` }).then(({ items }) => items));

/** Where the operator's flags say that its capture pods are. */
export const jobsNamespaceOf = (deployments: Seen<DeploymentObject[]>): string => flagOf(valueOf(deployments)?.[0], 'jobs-namespace') ?? INSTALLATION.jobsNamespace;

export async function observeOperator(session: Session, deployments: Seen<DeploymentObject[]>, jobsNamespace: string): Promise<OperatorSeen> {
  const { kube } = session;
  const [lease, systemNamespace, inJobs, serviceAccount, priorityClass] = await Promise.all([
    see(kube.get<Lease>(LEASES, SYSTEM, OPERATOR)),
    see(kube.get<KubeObject>(NAMESPACES, undefined, SYSTEM)),
    see(kube.get<KubeObject>(NAMESPACES, undefined, jobsNamespace)),
    see(kube.get<KubeObject>(SERVICE_ACCOUNTS, jobsNamespace, AGENT)),
    see(kube.get<PriorityClassObject>(PRIORITY_CLASSES, undefined, AGENT)),
  ]);
  return { deployments, lease, isRenewed: await isRenewed(session, valueOf(lease)), systemNamespace, jobsNamespace: inJobs, serviceAccount, priorityClass };
}

const LOOK_EVERY_MS = 1000;
/** More than the difference of two clocks that are kept right. */
const SLACK_MS = 3000;

/** By this machine's clock; where that says no, by looking on for as long as a lease lasts. */
async function isRenewed({ kube, io }: Session, lease: Lease | undefined): Promise<boolean> {
  const { renewTime, leaseDurationSeconds = 15, holderIdentity = '' } = lease?.spec ?? {};
  if (renewTime === undefined || holderIdentity === '') return false;
  const lastsMs = leaseDurationSeconds * 1000 + SLACK_MS;
  if (Math.abs(io.clock.now() - Date.parse(renewTime)) <= lastsMs) return true;
  const until = io.clock.monotonic() + lastsMs;
  while (io.clock.monotonic() < until && !io.signal.aborted) {
    await pause(io.clock, LOOK_EVERY_MS, io.signal);
    const now = valueOf(await see(kube.get<Lease>(LEASES, SYSTEM, OPERATOR)));
    if (now?.spec?.renewTime !== undefined && now.spec.renewTime !== renewTime) return true;
  }
  return false;
}

export const observeDestinations = ({ kube }: Session): Promise<Seen<DestinationSeen[]>> => see(listAll<DestinationSeen>(kube, CLUSTER_CAPTURE_DESTINATIONS, undefined).then(({ items }) => items));

export const observeNamespaceLabels = ({ kube, namespace }: Session) => see(kube.get<KubeObject>(NAMESPACES, undefined, namespace).then((object) => object && (object.metadata.labels ?? {})));

/** Of a node only what is judged is kept: an object of it may have 100 KB. */
const judgedOf = ({ metadata, spec, status }: NodeSeen): NodeSeen => ({ metadata, ...(spec && { spec }), ...(status && { status: { conditions: status.conditions ?? [], nodeInfo: status.nodeInfo ?? {} } }) });

export const observeNodes = ({ kube }: Session): Promise<Seen<NodeSeen[]>> => see(listAll<NodeSeen>(kube, NODES, undefined, { transform: judgedOf }).then(({ items }) => items));

/** For each of the attributes whether this user may. */
export const observeRights = ({ kube }: Session, { attributes }: Need): Promise<Seen<boolean>[]> => Promise.all(attributes.map((one) => see(isAllowed(kube, one))));
