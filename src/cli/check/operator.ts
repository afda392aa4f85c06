// Whether the operator runs and leads, and has what its capture pods need.
import { formatDuration } from '../../api/duration.js';
import { INSTALLATION } from '../../api/installation.js';
import { holderOf, type Lease } from '../../kube/lease.js';
import type { KubeObject } from '../../kube/object.js';
import { findingsOf, type Finding } from './finding.js';
import { judge, type Seen } from './seen.js';

export interface DeploymentObject extends KubeObject {
  spec?: { replicas?: number; template?: { spec?: { containers?: { image?: string; args?: string[] }[] } } };
  status?: { availableReplicas?: number; updatedReplicas?: number; conditions?: { type: string; status: string; reason?: string; message?: string }[] };
}

export interface PriorityClassObject extends KubeObject {
  preemptionPolicy?: string;
}

export interface OperatorSeen {
  deployments: Seen<DeploymentObject[]>;
  lease: Seen<Lease | undefined>;
  /** Whether it was renewed while this check looked on: clocks of two machines need not agree. */
  isRenewed: boolean;
  systemNamespace: Seen<KubeObject | undefined>;
  jobsNamespace: Seen<KubeObject | undefined>;
  serviceAccount: Seen<KubeObject | undefined>;
  priorityClass: Seen<PriorityClassObject | undefined>;
}

const { systemNamespace: SYSTEM, operator: OPERATOR, agent: AGENT } = INSTALLATION;
const ENFORCE = 'pod-security.kubernetes.io/enforce';
const INSTALL = 'install it: kubectl apply -k config/default';

const findings = findingsOf('operator');
const { ok, warn, fail } = findings;

export function checkOperator(seen: OperatorSeen, jobsNamespace: string, now: number): Finding[] {
  const [deployment] = 'value' in seen.deployments ? seen.deployments.value : [];
  return [
    ...judge(seen.systemNamespace, `namespace ${SYSTEM}`, findings, (namespace) => [namespace ? ok(`namespace ${SYSTEM} is there${podSecurity(namespace)}`) : fail(`namespace ${SYSTEM} is not there`, INSTALL)]),
    ...judge(seen.deployments, `Deployments in ${SYSTEM}`, findings, checkDeployments),
    ...(flagOf(deployment, 'leader-elect') === 'false' ? [] : judge(seen.lease, `the operator's Lease in ${SYSTEM}`, findings, (lease) => [checkLease(lease, seen.isRenewed, now)])),
    ...judge(seen.jobsNamespace, `namespace ${jobsNamespace}`, findings, (namespace) => [checkJobsNamespace(namespace, jobsNamespace)]),
    ...judge(seen.serviceAccount, `ServiceAccounts in ${jobsNamespace}`, findings, (account) => [account ? ok(`ServiceAccount ${AGENT} is in ${jobsNamespace}`) : fail(`ServiceAccount ${AGENT} is not in ${jobsNamespace}: no capture pod can be made`, INSTALL)]),
    ...judge(seen.priorityClass, 'PriorityClasses', findings, (priorityClass) => [checkPriorityClass(priorityClass)]),
  ];
}

/** A flag of the operator as its Deployment has it; undefined where it is left to its default. */
export function flagOf(deployment: DeploymentObject | undefined, flag: string): string | undefined {
  const args = deployment?.spec?.template?.spec?.containers?.[0]?.args ?? [];
  const at = args.findIndex((arg) => arg === `--${flag}` || arg.startsWith(`--${flag}=`));
  return at < 0 ? undefined : (args[at]?.split('=').slice(1).join('=') || args[at + 1]);
}

function checkDeployments(deployments: DeploymentObject[]): Finding[] {
  const [deployment] = deployments;
  if (!deployment) return [fail(`no Deployment in ${SYSTEM} has the label app.kubernetes.io/name=${OPERATOR}: the operator is not installed`, INSTALL)];
  const { name } = deployment.metadata;
  const wanted = deployment.spec?.replicas ?? 1;
  const available = deployment.status?.availableReplicas ?? 0;
  const said = `Deployment ${name}: ${available} of ${wanted} replicas available, image ${deployment.spec?.template?.spec?.containers?.[0]?.image ?? 'unknown'}`;
  const look = `see kubectl -n ${SYSTEM} describe pods -l app.kubernetes.io/name=${OPERATOR}`;
  if (wanted === 0) return [fail(`Deployment ${name} is scaled to 0: no operator runs`, `kubectl -n ${SYSTEM} scale deployment ${name} --replicas=2`)];
  if (available === 0) return [fail(`${said}${troubleOf(deployment)}`, look)];
  return [available < wanted ? warn(`${said}${troubleOf(deployment)}`, look) : ok(said)];
}

const troubleOf = ({ status }: DeploymentObject): string =>
  (status?.conditions ?? []).filter((c) => (c.type === 'ReplicaFailure' ? c.status === 'True' : c.status === 'False')).map(({ reason, message }) => `; ${message ?? reason ?? ''}`).slice(0, 2).join('');

function checkLease(lease: Lease | undefined, isRenewed: boolean, now: number): Finding {
  const logs = `see kubectl -n ${SYSTEM} logs -l app.kubernetes.io/name=${OPERATOR}`;
  if (!lease || holderOf(lease) === '') return fail(`nobody holds the Lease ${OPERATOR}: no operator acts`, logs);
  const { renewTime, holderIdentity = '' } = lease.spec ?? {};
  const agoMs = Math.max(0, now - Date.parse(renewTime ?? ''));
  const ago = Number.isNaN(agoMs) ? 'never' : `${formatDuration(Math.round(agoMs / 1000) * 1000)} ago`;
  const holder = `Lease ${OPERATOR} is held by ${holderIdentity.split('_')[0]}`;
  return isRenewed ? ok(`${holder}, which renews it`) : fail(`${holder}, and was renewed last ${ago}: no operator acts`, logs);
}

function checkJobsNamespace(namespace: KubeObject | undefined, name: string): Finding {
  if (!namespace) return fail(`namespace ${name} of the capture pods is not there`, INSTALL);
  const level = namespace.metadata.labels?.[ENFORCE];
  const fix = `kubectl label namespace ${name} --overwrite ${ENFORCE}=privileged`;
  if (level === undefined) return warn(`namespace ${name} has no label ${ENFORCE}: whether capture pods may be privileged is left to the cluster's default`, fix);
  return level === 'privileged' ? ok(`namespace ${name} is there${podSecurity(namespace)}`) : fail(`namespace ${name} enforces Pod Security "${level}", which refuses capture pods`, fix);
}

const podSecurity = ({ metadata }: KubeObject): string => (metadata.labels?.[ENFORCE] === undefined ? '' : ` (Pod Security ${metadata.labels[ENFORCE]})`);

function checkPriorityClass(priorityClass: PriorityClassObject | undefined): Finding {
  if (!priorityClass) return fail(`PriorityClass ${AGENT} is not there: no capture pod can be made`, INSTALL);
  if (priorityClass.preemptionPolicy !== 'Never') return warn(`PriorityClass ${AGENT} may preempt: capture pods could push others off a node`, `delete it, then ${INSTALL}`);
  return ok(`PriorityClass ${AGENT} never preempts`);
}
