// The report of now: the agent's cumulative state in the words of the protocol.
import { TARGET_REASON } from '../../api/reasons.js';
import { emptyLedger } from '../../protocol/ledger.js';
import type { Delivery, Report, ReportedTarget } from '../../protocol/report.js';
import { REPORT_TAG } from '../../protocol/report.js';
import type { Snapshot } from '../../protocol/snapshot.js';
import type { Ledgers } from '../ledger.js';
import { pendingPackets } from '../spool/snapshot.js';
import { isSuspended, type SnapshotState, type SpoolState, type TargetState } from '../spool/state.js';

export interface LiveTarget {
  state: 'Pending' | 'Capturing';
  reason: string | undefined;
  message: string | undefined;
  /** tcpdump runs, or its last file is being closed. */
  isRunning: boolean;
}

export interface ReportInput {
  runID: string;
  node: string;
  podUID: string;
  state: Readonly<SpoolState>;
  ledgers: Ledgers;
  live: ReadonlyMap<string, LiveTarget>;
  delivery: Delivery;
  manifestKey: string | undefined;
  /** Whether a target that is over is still asked about. */
  isAskedFor: (name: string) => boolean;
  /** Every tcpdump is gone and every file closed. */
  isHalted: boolean;
  done: boolean;
}

const SNAPSHOTS_REPORTED = 5;

/** A report without what changes when nothing does. */
export type ReportBody = Omit<Report, 'number' | 'time' | 'countedTime' | 'work'>;

const inSeconds = ({ count, seconds }: { count: number; seconds: number }) => ({ count, seconds: Math.round(seconds * 1000) / 1000 });
const iso = (ms: number): string => new Date(ms).toISOString();

export function buildReport(input: ReportInput): ReportBody {
  const { state, ledgers, live, done } = input;
  const targets = Object.values(state.targets).map((target) => reportTarget(target, live.get(target.name), ledgers.targets.get(target.name) ?? emptyLedger(), isSuspended(state)));
  // Over a long run, thousands may have come and gone.
  const told = targets.filter(({ name, state: stage }) => stage !== 'Ended' || input.isAskedFor(name));
  return {
    report: REPORT_TAG,
    version: 1,
    runID: input.runID,
    node: input.node,
    podUID: input.podUID,
    attempt: state.attempt,
    spool: state.id,
    phase: phaseOf(input),
    ledger: ledgers.total,
    discards: state.discards,
    gaps: { ...inSeconds(state.gaps), suspended: inSeconds(state.gaps.suspended) },
    ...(state.captureStartMs !== undefined && { captureStartTime: iso(state.captureStartMs) }),
    ...(state.stopped && { stopTime: iso(state.stopped.timeMs), stopReason: state.stopped.reason }),
    targets: told,
    targetCount: told.length,
    recentFiles: state.recentFiles,
    snapshots: state.snapshots.slice(-SNAPSHOTS_REPORTED).map(snapshotWords),
    delivery: input.delivery,
    ...(input.manifestKey !== undefined && { manifestKey: input.manifestKey }),
    done,
  };
}

/** A snapshot in the words of the protocol. */
export const snapshotWords = (snapshot: SnapshotState): Snapshot => ({
  token: snapshot.token,
  time: iso(snapshot.timeMs),
  ...(snapshot.completionMs !== undefined && { completionTime: iso(snapshot.completionMs) }),
  packets: { captured: snapshot.captured, uploaded: snapshot.uploaded, pending: pendingPackets(snapshot), discarded: snapshot.discarded },
});

function phaseOf({ state, isHalted, done }: ReportInput): string {
  if (done) return 'Done';
  if (!state.stopped) return 'Capturing';
  return isSuspended(state) && isHalted ? 'Suspended' : 'Draining';
}

/** A target's words: how it ended, once it has; until then what it is doing. */
export function targetWords(target: TargetState, live: LiveTarget | undefined, pendingFiles: number, suspended: boolean): Pick<ReportedTarget, 'state' | 'reason' | 'message' | 'stopReason'> {
  const trouble = live?.isRunning && live.reason === TARGET_REASON.spoolUnreadable ? { reason: live.reason, ...(live.message !== undefined && { message: live.message }) } : {};
  if (target.failure) return { state: 'Failed', ...target.failure, stopReason: target.stopReason ?? 'Failed' };
  if (target.stopReason !== undefined) return { state: live?.isRunning || pendingFiles > 0 ? 'Draining' : 'Ended', ...trouble, stopReason: target.stopReason };
  if (suspended) return { state: live?.isRunning ? 'Draining' : 'Suspended', ...trouble };
  return { state: live?.state ?? 'Pending', ...(live?.reason !== undefined && { reason: live.reason }), ...(live?.message !== undefined && { message: live.message }) };
}

function reportTarget(target: TargetState, live: LiveTarget | undefined, ledger: ReportedTarget['ledger'], suspended: boolean): ReportedTarget {
  return {
    name: target.name,
    ...targetWords(target, live, ledger.files.pending, suspended),
    ...(target.captureStartMs !== undefined && { captureStartTime: iso(target.captureStartMs) }),
    ...(target.stopMs !== undefined && { stopTime: iso(target.stopMs) }),
    ledger,
  };
}
