// Run record: the operator's memory of one capture, a ConfigMap named by the capture's UID. Status is derived from it, never the other way.
import * as z from 'zod';
import { LABEL, MANAGED_BY } from '../api/group.js';
import { destinationSchema, identitySchema } from '../protocol/job-config.js';
import { reportSchema } from '../protocol/report.js';

const time = () => z.string();

export type PinnedDestination = z.infer<typeof destinationSchema>;
export type PinnedIdentity = z.infer<typeof identitySchema>;

export const recordTargetSchema = z.object({
  name: z.string(),
  podName: z.string(),
  podUID: z.string(),
  podIPs: z.array(z.string()),
  node: z.string(),
  hostNetwork: z.boolean().default(false),
  /** When the API server first said that the pod is gone or terminal. */
  goneTime: time().optional(),
  /** Why it is no target any more, where its pod is still there. */
  goneReason: z.string().optional(),
});
export type RecordTarget = z.infer<typeof recordTargetSchema>;

export const recordNodeSchema = z.object({
  node: z.string(),
  jobName: z.string(),
  createdTime: time(),
  /** The pod that control addresses, and how much of the duration was over by then; absent until the first one appeared. */
  addressed: z.object({ attempt: z.number().int().positive(), podName: z.string(), podUID: z.string(), time: time(), usedMs: z.number().nonnegative() }).optional(),
  /** The newest report that was worth keeping, and the last one of each spool that was lost before it. */
  report: reportSchema.optional(),
  lostSpools: z.array(reportSchema).default([]),
  /** Since when the node, which has an agent, can't be asked, and since when there is no such node at all. */
  unreachable: z.object({ since: time(), goneSince: time().optional() }).optional(),
  /** Since when the node is cordoned and its capture pod was taken away: none is put there until it is uncordoned. */
  drained: z.object({ since: time() }).optional(),
  /** Since when nothing more than so many packets reaches the bucket, though capturing is over. */
  undelivered: z.object({ since: time(), uploaded: z.number().int().nonnegative() }).optional(),
  /** Why this node's part of the run is over before the others'. Never taken back. */
  stop: z.object({ reason: z.string(), time: time() }).optional(),
  /** Nobody will ever hear of the node's spool again: what was pending in it is lost. Never taken back. */
  lost: z.object({ reason: z.string(), time: time() }).optional(),
  /** Why nothing was ever captured there. */
  failure: z.object({ reason: z.string(), message: z.string() }).optional(),
});
export type RecordNode = z.infer<typeof recordNodeSchema>;

export const runSchema = z.object({
  id: z.string(),
  number: z.number().int().positive(),
  startTime: time(),
  /** metadata.generation of the object that asked for it. */
  generation: z.number().int().nonnegative(),
  /** The spec as it was written by the user when the run began; always parsed by today's schema. */
  spec: z.unknown(),
  destination: destinationSchema,
  secretName: z.string(),
  targets: z.array(recordTargetSchema),
  nodes: z.array(recordNodeSchema),
  /** The limits of the newest spec that could be run: they may change while the run lasts. Absent: those of `spec`. */
  limits: z.object({ durationMs: z.number().nonnegative(), maxSizeBytes: z.number().int().positive().optional(), maxPackets: z.number().int().positive().optional(), maxTargets: z.number().int().positive().optional() }).optional(),
  /** Suspensions: how long they took together since capturing began, since when one lasts, and when the last one ended. */
  suspended: z.object({ totalMs: z.number().nonnegative(), since: time().optional(), until: time().optional() }).optional(),
  stop: z.object({ reason: z.string(), time: time() }).optional(),
  /** `revisable`: files may still be delivered, and the result is then another. Capturing is over either way. */
  result: z.object({ outcome: z.enum(['Complete', 'Failed']), reason: z.string(), message: z.string(), completionTime: time(), revisable: z.literal(true).optional() }).optional(),
  /** True once Jobs and Secret of a finished run are gone. */
  collected: z.boolean().default(false),
});
export type Run = z.infer<typeof runSchema>;

/** Those whose pods are there, as far as the API server said, and that no lowered number let go. */
export const liveTargets = ({ targets }: Pick<Run, 'targets'>): RecordTarget[] => targets.filter((target) => target.goneTime === undefined);

/** Nothing of the run can change any more. */
export const isSettled = (run: Run): boolean => run.result !== undefined && run.result.revisable === undefined;

export const previousRunSchema = z.object({
  id: z.string(),
  /** Where its files are, and how many attempts each of its nodes had. Absent: an older version recorded it. Never shown. */
  files: z.object({ destination: destinationSchema, nodes: z.array(z.object({ node: z.string(), attempts: z.number().int().nonnegative() })) }).optional(),
  stopReason: z.string().optional(),
  completionTime: time().optional(),
  location: z.string(),
  packets: z.record(z.string(), z.number()),
});
export type PreviousRun = z.infer<typeof previousRunSchema>;

export const runRecordSchema = z.object({
  version: z.literal(1),
  capture: z.object({ namespace: z.string(), name: z.string(), uid: z.string() }),
  /** The run that captures, or the last one. */
  run: runSchema,
  /** A superseded run that still delivers. */
  draining: runSchema.optional(),
  previousRuns: z.array(previousRunSchema).default([]),
  /** The last values of the annotations that were acted on. */
  handled: z.object({ stop: z.string().optional(), snapshot: z.string().optional() }).default({}),
});
export type RunRecord = z.infer<typeof runRecordSchema>;

export const PREVIOUS_RUNS_KEPT = 5;
export const RECORD_KEY = 'record.json';

/** The ConfigMap of a record. Its name is the capture's UID. */
export function recordConfigMap(record: RunRecord, namespace: string, resourceVersion?: string): RecordConfigMap {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: record.capture.uid,
      namespace,
      ...(resourceVersion !== undefined && { resourceVersion }),
      labels: { [LABEL.managedBy]: MANAGED_BY, [LABEL.component]: 'run-record', [LABEL.captureUID]: record.capture.uid },
    },
    data: { [RECORD_KEY]: JSON.stringify(record) },
  };
}

export interface RecordConfigMap {
  apiVersion?: string;
  kind?: string;
  metadata: { name: string; namespace?: string; uid?: string; resourceVersion?: string; labels?: Record<string, string> };
  data?: Record<string, string>;
}

/** The record in a ConfigMap, or why it is none and what to do: a record is never guessed. */
export function parseRecord(configMap: RecordConfigMap): { record: RunRecord; problem?: undefined } | { record?: undefined; problem: string } {
  const { name, namespace } = configMap.metadata;
  const problem = (what: string) => ({
    problem: `run record ConfigMap "${namespace ?? ''}/${name}": ${what}; restore its ${RECORD_KEY} from a backup, run the version of the operator that wrote it, or delete the ConfigMap: its runs are then forgotten, and a capture that still exists begins a new one`,
  });
  const text = configMap.data?.[RECORD_KEY];
  if (text === undefined) return problem(`has no ${RECORD_KEY}`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return problem(`${RECORD_KEY} is no JSON: ${(error as Error).message}`);
  }
  const parsed = runRecordSchema.safeParse(value);
  const issue = parsed.error?.issues[0];
  return parsed.success ? { record: parsed.data } : problem(`${RECORD_KEY} is no record that this version reads: ${issue?.path.join('.') || 'record'}: ${issue?.message}`);
}
