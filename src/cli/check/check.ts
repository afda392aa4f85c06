// All checks, in the order in which people read them: of an installation, or of a cluster before it.
import { INSTALLATION } from '../../api/installation.js';
import { createDiscovery } from '../../kube/discovery.js';
import type { Session } from '../session.js';
import { VERSION } from '../version.js';
import { checkCrds } from './crds.js';
import { checkDestinations } from './destinations.js';
import type { Finding } from './finding.js';
import { checkNodes } from './nodes.js';
import { jobsNamespaceOf, observeCrds, observeDeployments, observeDestinations, observeNamespaceLabels, observeNodes, observeOperator, observeRights } from './observe.js';
import { checkOperator } from './operator.js';
import { checkRights, installerNeeds, userNeeds, type Need } from './rights.js';
import { see } from './seen.js';
import { checkServer } from './server.js';

/** `pre`: before anything is installed. */
export async function check(session: Session, { pre }: { pre: boolean }): Promise<Finding[]> {
  const discovery = createDiscovery(session.kubeConfig, { userAgent: `kubectl-pktcap/${VERSION}`, signal: session.io.signal });
  const server = checkServer(session.kubeConfig.getCurrentCluster()?.server ?? 'unknown', await see(discovery.version()));
  if (server.result === 'fail') return [server];
  const rest = pre
    ? [rights(session, installerNeeds([INSTALLATION.systemNamespace, INSTALLATION.jobsNamespace]), true), observeNodes(session).then(checkNodes)]
    : [crds(session, discovery), operatorAndRights(session), destinations(session), observeNodes(session).then(checkNodes)];
  const order: Finding['subject'][] = ['crds', 'operator', 'destinations', 'rights', 'nodes'];
  const found = (await Promise.all(rest)).flat();
  return [server, ...order.flatMap((subject) => found.filter((finding) => finding.subject === subject))];
}

async function crds(session: Session, discovery: Parameters<typeof observeCrds>[1]): Promise<Finding[]> {
  const { served, installed } = await observeCrds(session, discovery);
  return checkCrds(served, installed);
}

async function operatorAndRights(session: Session): Promise<Finding[]> {
  const deployments = await observeDeployments(session);
  const jobsNamespace = jobsNamespaceOf(deployments);
  const [seen, granted] = await Promise.all([observeOperator(session, deployments, jobsNamespace), rights(session, userNeeds(session.namespace, jobsNamespace), false)]);
  return [...checkOperator(seen, jobsNamespace, session.io.clock.now()), ...granted];
}

async function destinations(session: Session): Promise<Finding[]> {
  const [all, labels] = await Promise.all([observeDestinations(session), observeNamespaceLabels(session)]);
  return checkDestinations(all, session.namespace, labels);
}

const rights = (session: Session, needs: Need[], must: boolean): Promise<Finding[]> => Promise.all(needs.map(async (need) => checkRights(need, await observeRights(session, need), { must })));
