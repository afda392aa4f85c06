// What shall exist in the jobs namespace for a record: Secret, Job and control while a run is active; nothing once its result is stored.
import { LABEL } from '../api/group.js';
import { CONTROL_ANNOTATION, isFirstControlKey } from '../protocol/control.js';
import { addressedPod } from './addressing.js';
import { controlOf } from './control.js';
import { sourceOfKeys } from './destination.js';
import { canonical, isSameJSON } from './identity.js';
import { buildJob, buildSecret } from './job.js';
import { wantedSession } from './live.js';
import { isTerminal, type JobObject, type PodObject, type SecretObject } from './objects.js';
import { isSettled, type Run, type RunRecord } from './record.js';
import { nodeIsDone, workingSpec } from './run.js';
import { wantedSnapshot } from './snapshots.js';
import type { World } from './world.js';

export interface ChildActions {
  /** Secrets that are missing, or hold other keys than their source. */
  secrets: { name: string; present?: SecretObject; /** Keys it has and shall not have. */ surplus: string[]; object: object }[];
  /** Jobs that are missing. */
  createJobs: object[];
  /** Jobs of drained nodes are to have no pod, others one. */
  scaleJobs: { job: JobObject; parallelism: number }[];
  /** Control annotations that differ from what the pod carries. */
  controls: { pod: PodObject; annotation: string; /** Of a pod that has none yet: the Secret that says it too. */ firstIn?: string }[];
  deleteJobs: JobObject[];
  deleteSecrets: SecretObject[];
  /** Ids of finished runs whose Jobs and Secret are gone. */
  collected: string[];
  /** No Job or Secret of this capture is left, and no pod that could still capture. */
  nothingLeft: boolean;
  lookAgainMs?: number;
}

export const noChildren = (): ChildActions => ({ secrets: [], createJobs: [], scaleJobs: [], controls: [], deleteJobs: [], deleteSecrets: [], collected: [], nothingLeft: false });

const RUN_ID = LABEL.runID;
const jobsOf = (run: Run, jobs: JobObject[]): JobObject[] => jobs.filter((job) => job.metadata.labels?.[RUN_ID] === run.id);

/** Its Job is gone, so nobody but the cluster may ever remove it: it holds nothing up. */
const isOver = (pod: PodObject): boolean => isTerminal(pod) || pod.metadata.deletionTimestamp !== undefined;

export function planChildren(record: RunRecord | undefined, world: World): ChildActions {
  const actions: ChildActions = { ...noChildren(), nothingLeft: world.jobs.length + world.secrets.length === 0 && world.pods.every(isOver) };
  const runs = record ? [record.run, ...(record.draining ? [record.draining] : [])] : [];
  // A child of no run that anybody remembers: its record was removed by hand.
  const stray = (object: JobObject | SecretObject): boolean => !runs.some((run) => run.id === object.metadata.labels?.[RUN_ID]);
  actions.deleteJobs.push(...world.jobs.filter(stray));
  actions.deleteSecrets.push(...world.secrets.filter(stray));
  for (const run of runs) {
    if (record === undefined) continue;
    if (isSettled(run)) collect(run, actions, world);
    else keepRunning(record, run, actions, world);
  }
  return actions;
}

function keepRunning(record: RunRecord, run: Run, actions: ChildActions, world: World): void {
  const spec = workingSpec(run);
  if (!spec) return;
  const source = sourceOfKeys(run.destination, world.destinations);
  const credentials = source ? world.credentials(source.spec) : undefined;
  const present = world.secrets.find((s) => s.metadata.name === run.secretName);
  const keys = Object.fromEntries(Object.entries(present?.data ?? {}).filter(([key]) => !isFirstControlKey(key)));
  if (credentials?.data && (!present || !isSameJSON(keys, credentials.data))) {
    const surplus = Object.keys(keys).filter((key) => !(key in credentials.data));
    actions.secrets.push({ name: run.secretName, ...(present && { present }), surplus, object: buildSecret(record.capture, run, credentials.data, world.config) });
  }
  for (const node of run.nodes) {
    if (nodeIsDone(node, run, world)) continue;
    const job = jobsOf(run, world.jobs).find(({ metadata }) => metadata.name === node.jobName);
    const parallelism = node.drained ? 0 : 1;
    if (!job && parallelism > 0) actions.createJobs.push(buildJob(record.capture, run, spec, node.node, world.config));
    if (job && job.metadata.deletionTimestamp === undefined && (job.spec?.parallelism ?? 1) !== parallelism) actions.scaleJobs.push({ job, parallelism });
    const control = controlOf(run, node, spec, run === record.run ? { snapshot: wantedSnapshot(record, world.capture), live: wantedSession(record, world.capture) } : {});
    const pod = addressedPod(node, world.pods);
    if (!control || !pod) continue;
    const annotation = canonical(control);
    const said = pod.metadata.annotations?.[CONTROL_ANNOTATION];
    if (said !== annotation) actions.controls.push({ pod, annotation, ...(said === undefined && { firstIn: run.secretName }) });
  }
}

/**
 * Jobs stay for a while after the result is stored, so that their logs can be read; a failed start is of no use to anybody.
 * What an operator that leads no more made too late, of a run that was collected by then, goes too.
 */
function collect(run: Run, actions: ChildActions, world: World): void {
  if (!run.result) return;
  const age = world.now - Date.parse(run.result.completionTime);
  const captured = run.nodes.some((node) => node.report !== undefined);
  const wait = captured && world.capture && !run.collected ? world.config.finishedJobTTLMs - age : 0;
  if (wait > 0) {
    actions.lookAgainMs = wait;
    return;
  }
  const jobs = jobsOf(run, world.jobs);
  const secrets = world.secrets.filter((secret) => secret.metadata.name === run.secretName);
  actions.deleteJobs.push(...jobs);
  actions.deleteSecrets.push(...secrets);
  if (jobs.length + secrets.length > 0) actions.lookAgainMs = 1000;
  else if (!run.collected) actions.collected.push(run.id);
}

/** Whether anything is to be written for them. */
export const hasWrites = ({ secrets, createJobs, scaleJobs, controls, deleteJobs, deleteSecrets }: ChildActions): boolean =>
  [secrets, createJobs, scaleJobs, controls, deleteJobs, deleteSecrets].some((list) => list.length > 0);
