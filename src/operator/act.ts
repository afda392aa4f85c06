// The effects of one decision, in a fixed order: record, finalizer, Secret, Job, control, deletions, status, Events, finalizer, record.
import type { PacketCaptureStatus } from '../api/packetcapture-status.js';
import { CONTROL_ANNOTATION } from '../protocol/control.js';
import { isAlreadyExists, isConflict, isForbidden, isInvalid, isNotFound, type KubeError } from '../kube/errors.js';
import type { EventRecorder } from '../kube/events.js';
import type { Kube } from '../kube/kube.js';
import type { Log } from '../kube/log.js';
import type { KubeObject, NewObject } from '../kube/object.js';
import { CONFIG_MAPS, JOBS, PODS, SECRETS } from '../kube/resources.js';
import { canonical } from '../plan/identity.js';
import type { CaptureObject } from '../plan/objects.js';
import type { Plan } from '../plan/plan.js';
import { recordConfigMap, type RunRecord } from '../plan/record.js';
import { transitions } from '../plan/transitions.js';
import { API_KIND, PACKET_CAPTURES } from './kinds.js';
import { mergePatch } from './merge-patch.js';
import { statusDueIn } from './status-cadence.js';

/** Adds and removes our finalizer, and touches nothing else of a user's object. */
export interface Finalizers {
  add(capture: CaptureObject): Promise<void>;
  remove(capture: CaptureObject): Promise<void>;
}

export interface Effects {
  kube: Kube;
  jobsNamespace: string;
  finalizers: Finalizers;
  events: EventRecorder;
  log: Log;
  now: () => number;
  /** When a capture's status was last written by this process, ms. */
  statusWrittenMs: Map<string, number>;
  /** What the cluster said to Jobs that it did not take, by their names. */
  refusedJobs: Map<string, string>;
}

export interface Known {
  capture?: CaptureObject;
  record?: RunRecord;
  recordVersion?: string;
}

export interface Acted {
  lookAgainMs?: number;
}

/** Carries a plan out. Throws where the world has changed under it: the next turn decides anew. */
export async function act(plan: Plan, known: Known, effects: Effects): Promise<Acted> {
  const { kube, jobsNamespace } = effects;
  const { children } = plan;
  await writeRecord(plan, known, effects);
  if (plan.finalizer === 'present' && known.capture) await effects.finalizers.add(known.capture);
  for (const { exists, object } of children.secrets) {
    const secret = object as NewObject & { metadata: { name: string } };
    if (exists) await kube.patch(SECRETS, jobsNamespace, secret.metadata.name, { data: secret['data'] }, { type: 'merge' });
    else await create(() => kube.create(SECRETS, jobsNamespace, secret));
  }
  for (const job of children.createJobs) await createJob(job as NewObject & { metadata: { name: string } }, effects);
  for (const { pod, annotation } of children.controls) {
    await missing(() => kube.patch(PODS, jobsNamespace, pod.metadata.name, { metadata: { uid: pod.metadata.uid, annotations: { [CONTROL_ANNOTATION]: annotation } } }, { type: 'merge' }));
  }
  for (const job of children.deleteJobs) await kube.remove(JOBS, jobsNamespace, job.metadata.name, { uid: job.metadata.uid, propagationPolicy: 'Background' });
  for (const name of children.deleteSecrets) await kube.remove(SECRETS, jobsNamespace, name);
  const statusDueMs = await writeStatus(plan.status, known.capture, effects);
  if (plan.finalizer === 'absent' && known.capture) await effects.finalizers.remove(known.capture);
  if (plan.forget && known.record) await kube.remove(CONFIG_MAPS, jobsNamespace, known.record.capture.uid);
  const lookAgainMs = least(plan.lookAgainMs, statusDueMs);
  return lookAgainMs === undefined ? {} : { lookAgainMs };
}

const least = (a: number | undefined, b: number | undefined): number | undefined => (a === undefined ? b : b === undefined ? a : Math.min(a, b));

/** The record is what makes a run exist: nothing of it is created before it is written, and a stale writer loses. */
async function writeRecord(plan: Plan, known: Known, { kube, jobsNamespace }: Effects): Promise<void> {
  if (!plan.record || plan.forget) return;
  if (!known.record) {
    await kube.create(CONFIG_MAPS, jobsNamespace, recordConfigMap(plan.record, jobsNamespace) as NewObject);
    return;
  }
  if (canonical(turnOf(plan.record)) === canonical(turnOf(known.record))) return;
  await kube.replace(CONFIG_MAPS, recordConfigMap(plan.record, jobsNamespace, known.recordVersion) as KubeObject);
}

/** A record without the numbers that only grow: they are in the agent's report, and are stored with the next turn. */
function turnOf(record: RunRecord): unknown {
  const run = (r: RunRecord['run']): unknown => ({
    ...r,
    nodes: r.nodes.map(({ report, ...node }) => ({
      ...node,
      report: report && { attempt: report.attempt, spool: report.spool, phase: report.phase, done: report.done, start: report.captureStartTime, stop: report.stopTime, reason: report.stopReason, targets: report.targets.map((t) => [t.name, t.state]) },
    })),
  });
  return { ...record, run: run(record.run), draining: record.draining && run(record.draining) };
}

async function create(call: () => Promise<unknown>): Promise<void> {
  try {
    await call();
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
}

/** A policy or quota that refuses the Job is the run's obstacle, for people to read, and tried again at the next turn. */
async function createJob(job: NewObject & { metadata: { name: string } }, { kube, jobsNamespace, refusedJobs }: Effects): Promise<void> {
  try {
    await create(() => kube.create(JOBS, jobsNamespace, job));
    refusedJobs.delete(job.metadata.name);
  } catch (error) {
    if (!isForbidden(error) && !isInvalid(error)) throw error;
    refusedJobs.set(job.metadata.name, (error as KubeError).message);
  }
}

/** A pod that went away meanwhile needs no control. */
async function missing(call: () => Promise<unknown>): Promise<void> {
  try {
    await call();
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error)) throw error;
  }
}

async function writeStatus(status: PacketCaptureStatus | undefined, capture: CaptureObject | undefined, effects: Effects): Promise<number | undefined> {
  if (!status || !capture) return undefined;
  const before = capture.status as PacketCaptureStatus | undefined;
  const { namespace, name, uid, resourceVersion } = capture.metadata;
  const dueMs = statusDueIn(before, status, effects.statusWrittenMs.get(uid) ?? 0, effects.now());
  if (dueMs !== 0) return dueMs;
  const patch = mergePatch(before ?? {}, status);
  if (patch === undefined) return undefined;
  await effects.kube.patch(PACKET_CAPTURES, namespace, name, { metadata: { uid, resourceVersion }, status: patch }, { type: 'merge', subresource: 'status' });
  effects.statusWrittenMs.set(uid, effects.now());
  const reference = { apiVersion: capture.apiVersion ?? '', kind: API_KIND.capture, namespace, name, uid };
  for (const { type, reason, message } of transitions(before, status)) {
    effects.events.event(reference, type, reason, message);
    effects.log.info({ capture: `${namespace}/${name}`, run: status.run?.id, reason, message }, 'turn');
  }
  return undefined;
}
