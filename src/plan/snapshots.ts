// Snapshots: which one an object asks for, whether every node acted on it, and what they amount to together.
import { SNAPSHOT_ANNOTATION } from '../api/group.js';
import { addAccounts } from '../protocol/ledger.js';
import { SNAPSHOTS_KEPT } from '../protocol/heard.js';
import type { Snapshot } from '../protocol/snapshot.js';
import type { CaptureObject } from './objects.js';
import type { RecordNode, Run, RunRecord } from './record.js';
import { isSuspended } from './suspension.js';
import { reportsOf } from './totals.js';
import { refused, type Obstacle } from './waiting.js';

export const TOKEN_MAX_LENGTH = 128;
const TOKEN = new RegExp(`^[ -~]{1,${TOKEN_MAX_LENGTH}}$`);

const annotation = (capture: CaptureObject | undefined): string => capture?.metadata.annotations?.[SNAPSHOT_ANNOTATION] ?? '';

/** The token on an object; undefined where there is none, or none that can be used. */
export function snapshotToken(capture: CaptureObject | undefined): string | undefined {
  const token = annotation(capture);
  return TOKEN.test(token) ? token : undefined;
}

/** What is wrong with the annotation; nothing else changes for it. */
export function tokenProblem(capture: CaptureObject): Obstacle | undefined {
  const value = annotation(capture);
  if (value === '' || TOKEN.test(value)) return undefined;
  const what = value.length > TOKEN_MAX_LENGTH ? `has more than ${TOKEN_MAX_LENGTH} characters` : 'holds a character that is not printable ASCII';
  return refused('InvalidSnapshotToken', `annotation ${SNAPSHOT_ANNOTATION} ${JSON.stringify(value.slice(0, 32))}: ${what}, and asks for nothing; use for example the time of day`);
}

/** The snapshot that the current run still has to make. */
export function wantedSnapshot({ run, handled }: RunRecord, capture: CaptureObject | undefined): string | undefined {
  const token = snapshotToken(capture);
  return run.result || token === handled.snapshot ? undefined : token;
}

/** A request is handled once every node of the run lists it or has ended. Where nothing records any more there is nothing that it could deliver. */
export function handleSnapshot(record: RunRecord, capture: CaptureObject): RunRecord {
  const token = snapshotToken(capture);
  if (token === undefined || token === record.handled.snapshot) return record;
  const { run } = record;
  const isHandled = run.result !== undefined || isSuspended(run) || run.nodes.every((node) => lists(node, token));
  return isHandled ? { ...record, handled: { ...record.handled, snapshot: token } } : record;
}

const lists = ({ report, failure, lost }: RecordNode, token: string): boolean => failure !== undefined || lost !== undefined || report?.done === true || (report?.snapshots.some((s) => s.token === token) ?? false);

/** The newest snapshots of a run, newest first, each summed over its nodes. `wanted` is not complete before every node has made it. */
export function snapshotsOf(run: Run, wanted: string | undefined): Snapshot[] {
  const sums = new Map<string, Snapshot>();
  for (const { snapshots } of reportsOf(run)) for (const snapshot of snapshots) sums.set(snapshot.token, together(sums.get(snapshot.token), snapshot));
  return [...sums.values()]
    .map(({ completionTime, ...snapshot }) => ({ ...snapshot, ...(completionTime !== undefined && snapshot.token !== wanted && { completionTime }) }))
    .sort((a, b) => b.time.localeCompare(a.time))
    .slice(0, SNAPSHOTS_KEPT);
}

/** Cut everywhere by the earliest time, complete with the last. */
function together(a: Snapshot | undefined, b: Snapshot): Snapshot {
  if (!a) return b;
  const { token } = a;
  const completionTime = a.completionTime !== undefined && b.completionTime !== undefined ? (a.completionTime > b.completionTime ? a.completionTime : b.completionTime) : undefined;
  return { token, time: a.time < b.time ? a.time : b.time, packets: addAccounts(a.packets, b.packets), ...(completionTime !== undefined && { completionTime }) };
}
