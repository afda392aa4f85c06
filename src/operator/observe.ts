// Reads everything that a decision about one capture looks at.
import { parseCaptureSpec, type CaptureSpec, type WorkloadRef } from '../api/capture-spec.js';
import type { Kube } from '../kube/kube.js';
import type { KubeObject } from '../kube/object.js';
import { CONFIG_MAPS, EVENTS, NAMESPACES, NODES } from '../kube/resources.js';
import { addressedPod, podsOf } from '../plan/addressing.js';
import type { NamespaceLabels } from '../api/allowed-namespaces.js';
import type { PlanConfig } from '../plan/config.js';
import { claimants } from '../api/default-destination.js';
import { asksForLabels, type DestinationObject } from '../plan/destination.js';
import { sameRun } from '../plan/identity.js';
import type { EventObject, JobObject, NodeObject, PodObject } from '../plan/objects.js';
import { isSettled, parseRecord, type RecordNode, type Run } from '../plan/record.js';
import { followRequest, startRequest } from '../plan/queue.js';
import type { WorkloadObject } from '../plan/workload.js';
import type { World } from '../plan/world.js';
import type { Known } from './act.js';
import { BY_CAPTURE, type Caches } from './caches.js';
import { runSecretFor } from './destination-secrets.js';
import type { DestinationSources } from './destination-sources.js';
import type { FilterCheck } from './filter-check.js';
import type { Admission } from './admission.js';
import type { Reports } from './reports.js';
import type { TargetPods } from './target-pods.js';
import type { Workloads } from './workloads.js';

export interface Senses {
  kube: Kube;
  config: PlanConfig;
  caches: Caches;
  sources: Pick<DestinationSources, 'need' | 'referred'>;
  targetPods: TargetPods;
  workloads: Pick<Workloads, 'get' | 'release'>;
  reports: Reports;
  filters: Pick<FilterCheck, 'check'>;
  admission: Pick<Admission, 'ask' | 'settle' | 'leave'>;
  refusedJobs: ReadonlyMap<string, string>;
  lookAgain: (uid: string) => void;
  now: () => number;
}

export interface Observed {
  world: World;
  known: Known;
}

/** The world of the capture with this UID; the record is read live, since a stale one must not start anything. */
export async function observe(uid: string, senses: Senses): Promise<Observed> {
  const { kube, config, caches } = senses;
  const capture = caches.captures.store.byIndex('uid', uid)[0];
  // Before the record: a child that is seen here has its run in the record that is read then, so none is taken for nobody's.
  const [jobs, secrets] = [caches.jobs.store.byIndex(BY_CAPTURE, uid), caches.secrets.store.byIndex(BY_CAPTURE, uid)];
  const configMap = await kube.get<KubeObject>(CONFIG_MAPS, config.jobsNamespace, uid);
  const { record, problem: recordProblem } = configMap ? parseRecord(configMap) : {};
  const open = [record?.run, record?.draining].filter((run): run is Run => run !== undefined && !isSettled(run));
  const pods = caches.pods.store.byIndex(BY_CAPTURE, uid);
  const spec = capture && parseCaptureSpec(capture.spec).spec;

  await Promise.all(
    open.flatMap((run) =>
      run.nodes.map(async (node) => {
        const pod = addressedPod(node, pods);
        if (pod && !node.report?.done) await senses.reports.refresh(pod, run.id);
      }),
    ),
  );
  const namespace = capture?.metadata.namespace ?? record?.capture.namespace;
  // A capture whose run is over, and which asks for no other, needs nobody's pods.
  const asksForRun = spec !== undefined && recordProblem === undefined && !(record && sameRun(record.run.spec, spec));
  const needsPods = open.some((run) => run.result === undefined) || (asksForRun && !spec.suspend);
  const destinations = caches.destinations.store.list();
  const asksWho = capture && asksForRun && !spec.suspend && asksForLabels(spec.destinationName, destinations);
  const namespaceLabels = asksWho ? await labelsOf(kube, capture.metadata.namespace) : undefined;
  const specs = needsPods ? [...(asksForRun ? [spec] : []), ...open.filter((run) => run.result === undefined).flatMap((run) => parseCaptureSpec(run.spec).spec ?? [])] : [];
  const targetPods = namespace !== undefined && needsPods ? await podsNamed(specs, namespace, uid, senses) : [];
  const workloads = await workloadsOf(specs, namespace ?? '', uid, senses);
  const silent = open.flatMap((run) => run.nodes.filter((node) => node.report === undefined));
  const events = new Map<string, EventObject[]>();
  const nodes = new Map<string, NodeObject | undefined>();
  for (const node of silent) {
    const nodePods = podsOf(node, pods);
    const refusal = senses.refusedJobs.get(node.jobName);
    if (refusal !== undefined) events.set(node.jobName, [{ metadata: { name: '', uid: '' }, reason: 'FailedCreate', message: refusal }]);
    else if (nodePods.length === 0 && isLate(jobs.find(({ metadata }) => metadata.name === node.jobName), senses.now())) events.set(node.jobName, await jobWarnings(kube, config.jobsNamespace, node.jobName));
  }
  for (const node of new Set(open.flatMap((run) => run.nodes.filter((n) => isSuspect(n, pods, senses.now())).map((n) => n.node)))) {
    nodes.set(node, await kube.get(NODES, undefined, node));
  }
  // The filter of a run that began was asked about before it did.
  const filter = capture && asksForRun ? await senses.filters.check(spec.filter, spec.interface, capture.metadata.namespace, () => senses.lookAgain(uid)) : {};

  await Promise.all(usedBy(asksForRun ? spec : undefined, open, destinations).map((destination) => senses.sources.need(destination)));

  const world: World = {
    now: senses.now(),
    config,
    ...(capture && { capture }),
    ...(record && { record }),
    ...(recordProblem !== undefined && { recordProblem }),
    targetPods,
    workload: (ref) => workloads.get(keyOf(ref)),
    destinations,
    namespaceLabels,
    credentials: (spec) => runSecretFor(senses.sources.referred(spec)),
    jobs,
    pods,
    secrets,
    report: (podUID) => senses.reports.get(podUID),
    jobEvents: (jobName) => events.get(jobName) ?? [],
    node: (name) => nodes.get(name),
    nodeIsGone: (name) => nodes.has(name) && nodes.get(name) === undefined,
    admission: (nodes) => (capture ? senses.admission.ask(startRequest(capture, record, nodes)) : undefined),
    hasRoom: (node) => record === undefined || senses.admission.ask(followRequest(record, node)) === undefined,
    filter: () => filter,
  };
  return { world, known: { ...(capture && { capture }), ...(record && { record }), ...(configMap && { recordVersion: configMap.metadata.resourceVersion }) } };
}

/** Read live: a label that was taken away lets nothing begin. */
const labelsOf = async (kube: Kube, namespace: string): Promise<NamespaceLabels> => {
  const found = await kube.get<KubeObject>(NAMESPACES, undefined, namespace);
  return found && (found.metadata.labels ?? {});
};

/** The pods that any of the specs may name. */
function podsNamed(specs: CaptureSpec[], namespace: string, uid: string, { targetPods }: Senses): Promise<PodObject[]> {
  const names = specs.flatMap(({ target }) => target.podName ?? []);
  return specs.length > 0 && names.length === specs.length ? targetPods.withNames(namespace, [...new Set(names)], uid) : targetPods.list(namespace, uid);
}

const keyOf = ({ kind, name }: WorkloadRef): string => `${kind}/${name}`;

async function workloadsOf(specs: CaptureSpec[], namespace: string, uid: string, { workloads }: Senses): Promise<Map<string, WorkloadObject | undefined>> {
  const refs = new Map(specs.flatMap(({ target }) => (target.workload ? [[keyOf(target.workload), target.workload]] : [])));
  return new Map(await Promise.all([...refs].map(async ([key, ref]) => [key, await workloads.get(namespace, ref, uid)] as const)));
}

/** The destinations whose keys a decision may ask for: those of the runs under way, and of the one that may begin. */
function usedBy(next: CaptureSpec | undefined, open: Run[], all: DestinationObject[]): DestinationObject[] {
  const names = new Set(open.map((run) => run.destination.name));
  const mayBeChosen = !next ? [] : next.destinationName === undefined ? claimants(all) : all.filter(({ metadata }) => metadata.name === next.destinationName);
  return [...new Set([...mayBeChosen, ...all.filter(({ metadata }) => names.has(metadata.name))])];
}

async function jobWarnings(kube: Kube, namespace: string, jobName: string): Promise<EventObject[]> {
  const { items } = await kube.list<KubeObject>(EVENTS, namespace, { fieldSelector: `involvedObject.kind=Job,involvedObject.name=${jobName},type=Warning`, limit: 20 });
  return (items as unknown as (EventObject & { lastTimestamp?: string })[]).sort((a, b) => (a.lastTimestamp ?? '').localeCompare(b.lastTimestamp ?? ''));
}

/** Whether there is a sign that the node is not all right, or one that it was not: only then is it looked at. */
function isSuspect(node: RecordNode, pods: PodObject[], now: number): boolean {
  if (node.report?.done || node.failure || node.lost) return false;
  if (node.unreachable ?? node.drained) return true;
  const pod = addressedPod(node, pods);
  if (node.report === undefined && stuck(podsOf(node, pods), now)) return true;
  if (!node.addressed) return false;
  return !pod || pod.metadata.deletionTimestamp !== undefined || pod.status?.conditions?.some((c) => c.type === 'Ready' && c.status !== 'True') === true;
}

/** A Job whose pod should be there by now. */
const LATE_MS = 1000;
const isLate = (job: JobObject | undefined, now: number): boolean => job !== undefined && now - Date.parse(job.metadata.creationTimestamp ?? '') >= LATE_MS;

/** A pod that is scheduled and yet has no container after this long. */
const STUCK_MS = 10_000;
function stuck(pods: PodObject[], now: number): boolean {
  return pods.some((pod) => !pod.status?.containerStatuses?.some((s) => s.state?.running) && now - Date.parse(pod.metadata.creationTimestamp ?? '') >= STUCK_MS);
}
