// Report (agent → operator): the agent's cumulative state, one tagged JSON line on stdout, and its totals as termination message.
import * as z from 'zod';
import { ledgerSchema } from './ledger.js';
import { snapshotSchema } from './snapshot.js';
import { workSchema } from './work.js';

/** Value of `report` in each line: lines without it are logs. */
export const REPORT_TAG = 'packetcapture.dev/report';
export const REPORT_MAX_BYTES = 8 * 1024 - 1;
/** The kubelet cuts a termination message at 4,096 bytes. */
export const TERMINATION_MAX_BYTES = 3500;
export const TERMINATION_MESSAGE_PATH = '/dev/termination-log';

const time = () => z.string();

export const reportedFileSchema = z.object({
  key: z.string(),
  target: z.string(),
  size: z.number().int().nonnegative(),
  sha256: z.string(),
  packets: z.number().int().nonnegative(),
  firstPacketTime: time().optional(),
  lastPacketTime: time().optional(),
});
export type ReportedFile = z.infer<typeof reportedFileSchema>;

export const reportedTargetSchema = z.object({
  name: z.string(),
  /** Pending (looking for the netns), Capturing, Suspended, Draining (stopped, files left), Suspended, Ended, Failed. */
  state: z.string(),
  reason: z.string().optional(),
  message: z.string().optional(),
  stopReason: z.string().optional(),
  /** When tcpdump first listened to this target. */
  captureStartTime: time().optional(),
  stopTime: time().optional(),
  ledger: ledgerSchema,
  /** Where several reports were put together: the number of the one that says this. */
  asOf: z.number().int().nonnegative().optional(),
});
export type ReportedTarget = z.infer<typeof reportedTargetSchema>;

/** What the bucket says now; absent where every try so far went well or none was made. */
export const deliverySchema = z.object({
  ok: z.boolean(),
  /** BucketUnreachable, AccessDenied, BucketNotFound, ClockSkew, … */
  reason: z.string().optional(),
  httpStatus: z.number().optional(),
  /** The store's own words: for the destination's status, not for a tenant's eyes. */
  message: z.string().optional(),
  since: time().optional(),
});
export type Delivery = z.infer<typeof deliverySchema>;

export const reportSchema = z.object({
  report: z.literal(REPORT_TAG),
  version: z.literal(1),
  runID: z.string(),
  node: z.string(),
  podUID: z.string(),
  attempt: z.number().int().nonnegative(),
  /** Grows by one with each report of an attempt, over restarts of its container too. Orders reports together with `attempt`. */
  number: z.number().int().nonnegative(),
  time: time(),
  /** All that had arrived by then is in the numbers: a captured packet takes up to a second or two to get there. Absent where nothing listens yet, and of older agents. */
  countedTime: time().optional(),
  /** Id of the spool that the numbers count: made with the folder, so that a lost folder is noticed. */
  spool: z.string(),
  /** Waiting (not addressed yet), Capturing, Suspended, Draining, Done. */
  phase: z.string(),
  /** Numbers of all targets of this node, all attempts that shared this spool. */
  ledger: ledgerSchema,
  /** Packets discarded against the user's wish, by reason. */
  discards: z.record(z.string(), z.number().int().nonnegative()).default({}),
  /** All stretches in which no tcpdump listened, those that were asked for too. */
  gaps: z.object({
    count: z.number().int().nonnegative(),
    seconds: z.number().nonnegative(),
    /** Of these, the ones that are a suspension's. */
    suspended: z.object({ count: z.number().int().nonnegative(), seconds: z.number().nonnegative() }).default({ count: 0, seconds: 0 }),
  }),
  /** When the first tcpdump of this node began to listen / when capturing was over: tcpdump still writes what had arrived by then. */
  captureStartTime: time().optional(),
  stopTime: time().optional(),
  stopReason: z.string().optional(),
  /** As many as there is room for, each in its turn: what is said of one counts until another report says something else of it. */
  targets: z.array(reportedTargetSchema).default([]),
  /** How many there are to tell of. Absent of older agents. */
  targetCount: z.number().int().nonnegative().optional(),
  recentFiles: z.array(reportedFileSchema).default([]),
  /** The newest five, oldest first. */
  snapshots: z.array(snapshotSchema).default([]),
  delivery: deliverySchema.optional(),
  /** For metrics alone. Absent of older agents. */
  work: workSchema.optional(),
  manifestKey: z.string().optional(),
  /** True: the manifest is in the bucket and nothing is left to do; the process exits 0. */
  done: z.boolean(),
});
export type Report = z.infer<typeof reportSchema>;

/** One line as a report, or undefined where it is none. */
export function parseReport(line: string): Report | undefined {
  if (!line.startsWith('{') || !line.includes(REPORT_TAG)) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  const result = reportSchema.safeParse(value);
  return result.success ? result.data : undefined;
}
