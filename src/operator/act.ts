// The effects of one decision, in a fixed order: record beside finalizer, Secret, Job, control, deletions, status, Events, finalizer, record.
import type { PacketCaptureStatus } from '../api/packetcapture-status.js';
import { CONTROL_ANNOTATION, firstControlKey } from '../protocol/control.js';
import { isAlreadyExists, isConflict, isForbidden, isInvalid, isNotFound, type KubeError } from '../kube/errors.js';
import type { EventRecorder } from '../kube/events.js';
import type { Kube } from '../kube/kube.js';
import type { Log } from '../kube/log.js';
import type { KubeObject, NewObject } from '../kube/object.js';
import { CONFIG_MAPS, JOBS, PODS, SECRETS } from '../kube/resources.js';
import { hasWrites, type ChildActions } from '../plan/children.js';
import { isSameJSON } from '../plan/identity.js';
import type { CaptureObject, ObjectMeta, PodObject } from '../plan/objects.js';
import type { Plan } from '../plan/plan.js';
import { recordConfigMap, type RunRecord } from '../plan/record.js';
import { transitions } from '../plan/transitions.js';
import { API_KIND, PACKET_CAPTURES } from '../api/kinds.js';
import type { Leftovers } from './leftovers.js';
import { mergePatch } from './merge-patch.js';
import { statusDueIn } from './status-cadence.js';

/** Adds and removes our finalizer, and touches nothing else of a user's object. */
export interface Finalizers {
  /** Resolves to the object's resourceVersion after that. */
  add(capture: CaptureObject): Promise<string | undefined>;
  remove(capture: CaptureObject): Promise<void>;
}

export interface Effects {
  kube: Kube;
  jobsNamespace: string;
  finalizers: Finalizers;
  events: EventRecorder;
  log: Log;
  now: () => number;
  /** When a capture's status was last written by this process, and which version of the object that made. By UID. */
  statusWritten: Map<string, { ms: number; resourceVersion: string | undefined }>;
  leftovers: Pick<Leftovers, 'note'>;
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

/** A status that follows a turn which began something. */
const TOLD_SOON_MS = 200;

/** Carries a plan out. Throws where the world has changed under it: the next turn decides anew. */
export async function act(plan: Plan, known: Known, effects: Effects): Promise<Acted> {
  const { kube, jobsNamespace } = effects;
  await effects.leftovers.note(plan.leftovers);
  // Neither rests on the other, and what follows rests on both.
  const [recorded, finalized] = await Promise.all([settle(writeRecord(plan, known, effects)), settle(addFinalizer(plan, known, effects))]);
  for (const { error } of [recorded, finalized]) if (error !== undefined) throw error;
  const capture = finalized.value;
  // Whatever a child meets: people read how it stands, and nothing holds a deleted object longer than was decided.
  const children = await settle(writeChildren(plan.children, effects));
  // The pod of a new Job is there in a moment, and waits for its control: the status is told with that.
  const status = children.value === 'begun' && plan.lookAgainMs !== undefined ? { value: { dueMs: TOLD_SOON_MS } } : await settle(writeStatus(plan.status, capture, effects));
  if (plan.finalizer === 'absent' && capture) await effects.finalizers.remove(withVersion(capture, status.value?.resourceVersion));
  for (const { error } of [children, status]) if (error !== undefined) throw error;
  if (plan.forget && known.record) await kube.remove(CONFIG_MAPS, jobsNamespace, known.record.capture.uid, { resourceVersion: known.recordVersion });
  const lookAgainMs = least(plan.lookAgainMs, status.value?.dueMs);
  return lookAgainMs === undefined ? {} : { lookAgainMs };
}

/** The capture as it is with the finalizer, where it is to have it. */
async function addFinalizer(plan: Plan, { capture }: Known, { finalizers }: Effects): Promise<CaptureObject | undefined> {
  return plan.finalizer === 'present' && capture ? withVersion(capture, await finalizers.add(capture)) : capture;
}

/** Our own write is no conflict for the next one. */
const withVersion = (capture: CaptureObject, resourceVersion: string | undefined): CaptureObject => ({ ...capture, metadata: { ...capture.metadata, ...(resourceVersion !== undefined && { resourceVersion }) } });

const settle = <T>(written: Promise<T>): Promise<{ value?: T; error?: Error }> => written.then((value) => ({ value }), (error: Error) => ({ error }));

/** `begun`: Jobs were made, and the cluster took them. */
async function writeChildren(children: ChildActions, effects: Effects): Promise<'begun' | undefined> {
  const { kube, jobsNamespace } = effects;
  const refusal = await writeSecrets(children, effects);
  for (const job of children.createJobs as NamedObject[]) refuse(job, refusal ?? (await refusedBy(() => kube.create(JOBS, jobsNamespace, job))), effects);
  for (const { job, parallelism } of children.scaleJobs) {
    await missing(() => kube.patch(JOBS, jobsNamespace, job.metadata.name, { metadata: asSeen(job), spec: { parallelism } }, { type: 'merge' }));
  }
  for (const { pod, annotation, firstIn } of children.controls) {
    await Promise.all([missing(() => writeControl(pod, annotation, effects)), firstIn !== undefined && writeFirstControl(firstIn, pod, annotation, effects)]);
  }
  for (const job of children.deleteJobs) await kube.remove(JOBS, jobsNamespace, job.metadata.name, { uid: job.metadata.uid, propagationPolicy: 'Background' });
  for (const secret of children.deleteSecrets) await kube.remove(SECRETS, jobsNamespace, secret.metadata.name, { uid: secret.metadata.uid });
  const jobs = children.createJobs as NamedObject[];
  return jobs.length > 0 && jobs.every(({ metadata }) => !effects.refusedJobs.has(metadata.name)) ? 'begun' : undefined;
}

/** A young pod is written by the scheduler and the kubelet within milliseconds of each other: as long as control is what it was, so is the decision. */
const CONTROL_TRIES = 5;
async function writeControl(decided: PodObject, annotation: string, { kube, jobsNamespace }: Effects): Promise<void> {
  const { name } = decided.metadata;
  for (let [pod, tries] = [decided, 1]; ; tries += 1) {
    try {
      await kube.patch(PODS, jobsNamespace, name, { metadata: { ...asSeen(pod), annotations: { [CONTROL_ANNOTATION]: annotation } } }, { type: 'merge' });
      return;
    } catch (error) {
      // A list of one: the operator may list pods, and get none.
      const [now] = isConflict(error) && tries < CONTROL_TRIES ? (await kube.list<KubeObject & PodObject>(PODS, jobsNamespace, { fieldSelector: `metadata.name=${name}` })).items : [];
      if (!now || !isSameJSON(addressOf(now), addressOf(decided))) throw error;
      pod = now;
    }
  }
}

/** The kubelet mounts an annotation as it was when it first saw the pod, a Secret as it is by then. What this says the annotation says too, a moment later perhaps: where it fails, nothing is lost. */
async function writeFirstControl(secret: string, { metadata: { uid } }: PodObject, control: string, { kube, jobsNamespace, log }: Effects): Promise<void> {
  const data = { [firstControlKey(uid)]: Buffer.from(control).toString('base64') };
  await kube.patch(SECRETS, jobsNamespace, secret, { data }, { type: 'merge' }).catch((error: unknown) => log.debug({ secret, error: String(error) }, 'the first control was not written to the Secret'));
}

/** What a decision about its control rests on. */
const addressOf = ({ metadata: { uid, deletionTimestamp, annotations } }: PodObject): object => ({ uid, deletionTimestamp, control: annotations?.[CONTROL_ANNOTATION] });

/** As preconditions: whoever decided on an older one decides again. */
const asSeen = ({ metadata: { uid, resourceVersion } }: { metadata: ObjectMeta }): Pick<ObjectMeta, 'uid' | 'resourceVersion'> => ({ uid, ...(resourceVersion !== undefined && { resourceVersion }) });

type NamedObject = NewObject & { metadata: { name: string } };

/** What the cluster says to a Secret that it does not take: without it no Job needs to be tried. */
async function writeSecrets(children: ChildActions, { kube, jobsNamespace, log }: Effects): Promise<string | undefined> {
  let refusal: string | undefined;
  for (const { present, surplus, object } of children.secrets) {
    const secret = object as NamedObject;
    const { name } = secret.metadata;
    const words = await refusedBy(() => (present ? kube.patch(SECRETS, jobsNamespace, name, { metadata: asSeen(present), data: { ...Object.fromEntries(surplus.map((key) => [key, null])), ...(secret['data'] as object) } }, { type: 'merge' }) : kube.create(SECRETS, jobsNamespace, secret)));
    if (words !== undefined) log.error({ secret: name, error: words }, "a run's Secret was refused");
    refusal ??= words;
  }
  return refusal;
}

/** A policy or quota that refuses a Job is the run's obstacle, for people to read, and tried again at the next turn. */
function refuse({ metadata: { name } }: NamedObject, words: string | undefined, { refusedJobs, log }: Effects): void {
  if (words === undefined) {
    refusedJobs.delete(name);
    return;
  }
  if (refusedJobs.get(name) !== words) log.warn({ job: name, error: words }, 'a capture Job was refused');
  refusedJobs.set(name, words);
}

const least = (a: number | undefined, b: number | undefined): number | undefined => (a === undefined ? b : b === undefined ? a : Math.min(a, b));

/**
 * The record is what makes a run exist: nothing of it is created before it is written, and a stale writer loses. So nothing is done to
 * its children without a write of it either: one that changes nothing costs nothing, and fails where another operator has gone on.
 */
async function writeRecord(plan: Plan, known: Known, { kube, jobsNamespace }: Effects): Promise<void> {
  if (!plan.record || plan.forget) return;
  if (!known.record) {
    await kube.create(CONFIG_MAPS, jobsNamespace, recordConfigMap(plan.record, jobsNamespace) as NewObject);
    return;
  }
  if (!hasWrites(plan.children) && isSameJSON(turnOf(plan.record), turnOf(known.record))) return;
  await kube.replace(CONFIG_MAPS, recordConfigMap(plan.record, jobsNamespace, known.recordVersion) as KubeObject);
}

/** A record without the numbers that only grow: they are in the agent's report, and are stored with the next turn. */
function turnOf(record: RunRecord): unknown {
  const run = (r: RunRecord['run']): unknown => ({
    ...r,
    nodes: r.nodes.map(({ report, ...node }) => ({
      ...node,
      report: report && { attempt: report.attempt, spool: report.spool, phase: report.phase, done: report.done, start: report.captureStartTime, stop: report.stopTime, reason: report.stopReason, snapshots: report.snapshots.map((s) => [s.token, s.completionTime]), targets: report.targets.map((t) => [t.name, t.state]) },
    })),
  });
  return { ...record, run: run(record.run), draining: record.draining && run(record.draining) };
}

/** The cluster's words where it takes no such object; undefined where the object is there. */
async function refusedBy(call: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await call();
  } catch (error) {
    if (isForbidden(error) || isInvalid(error)) return (error as KubeError).message;
    if (!isAlreadyExists(error)) throw error;
  }
  return undefined;
}

/** A pod that went away meanwhile needs no control. */
async function missing(call: () => Promise<unknown>): Promise<void> {
  try {
    await call();
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

/** Where it is not due yet, in how many ms it is; the capture's version where it was written. */
async function writeStatus(status: PacketCaptureStatus | undefined, capture: CaptureObject | undefined, effects: Effects): Promise<{ dueMs?: number; resourceVersion?: string | undefined }> {
  if (!status || !capture) return {};
  const before = capture.status as PacketCaptureStatus | undefined;
  const { namespace, name, uid, resourceVersion } = capture.metadata;
  const dueMs = statusDueIn(before, status, effects.statusWritten.get(uid)?.ms ?? 0, effects.now());
  if (dueMs === undefined) return {};
  if (dueMs > 0) return { dueMs };
  const patch = mergePatch(before ?? {}, status);
  if (patch === undefined) return {};
  const { metadata: written } = await effects.kube.patch<KubeObject>(PACKET_CAPTURES, namespace, name, { metadata: { uid, resourceVersion }, status: patch }, { type: 'merge', subresource: 'status' });
  effects.statusWritten.set(uid, { ms: effects.now(), resourceVersion: written.resourceVersion });
  const reference = { apiVersion: capture.apiVersion ?? '', kind: API_KIND.capture, namespace, name, uid };
  for (const { type, reason, message } of transitions(before, status)) {
    effects.events.event(reference, type, reason, message);
    effects.log.info({ capture: `${namespace}/${name}`, run: status.run?.id, reason, message }, 'turn');
  }
  return { resourceVersion: written.resourceVersion };
}
