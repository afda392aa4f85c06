// The status of a capture: derived from the record and from what the object asks for, at every turn anew.
import type { CaptureSpec } from '../api/capture-spec.js';
import type { PacketCaptureStatus } from '../api/packetcapture-status.js';
import { printable, shortened } from '../api/printable.js';
import { formatBytes } from '../api/quantity.js';
import { STOP_REASON } from '../api/reasons.js';
import { conditionsOf } from './conditions.js';
import type { Facts, Phase } from './facts.js';
import type { LeftOut } from './follow.js';
import { sameRun } from './identity.js';
import { liveProblem } from './live.js';
import { locationOf } from './location.js';
import type { CaptureObject } from './objects.js';
import { keepPrevious, previousRun, shownRun } from './previous-runs.js';
import { liveTargets, type Run, type RunRecord } from './record.js';
import { workingSpec } from './run.js';
import { describeTarget, isMany } from './selection.js';
import { snapshotsOf, tokenProblem, wantedSnapshot } from './snapshots.js';
import { lostPackets, reportedTarget, totalsOf, type Totals } from './totals.js';
import type { Obstacle } from './waiting.js';

export interface StatusInput {
  capture: CaptureObject;
  record?: RunRecord;
  spec?: CaptureSpec;
  /** What is wrong with the spec itself. */
  accepted?: Obstacle;
  /** What the capture waits for, or why it was refused. */
  obstacle?: Obstacle;
  leftOut: LeftOut[];
  /** The object asks for a run that does not begin, since its spec says `suspend`. */
  isHeldBack: boolean;
  /** The live session that is open. */
  live?: PacketCaptureStatus['live'];
}

export function statusOf(input: StatusInput, now: number): PacketCaptureStatus {
  const { capture, record, spec } = input;
  // A finished run is history as soon as a newer spec asks for another.
  const asksForAnother = record?.run.result && spec && (capture.metadata.generation ?? 0) > record.run.generation && !sameRun(record.run.spec, spec);
  const shown = asksForAnother ? undefined : record?.run;
  const totals = shown && totalsOf(shown);
  const snapshots = shown && record ? snapshotsOf(shown, wantedSnapshot(record, capture)) : [];
  const badToken = tokenProblem(capture) ?? liveProblem(capture);
  const facts: Facts = {
    generation: capture.metadata.generation ?? 0,
    ...(shown && { run: shown }),
    ...(totals && { totals }),
    policy: (shown && workingSpec(shown)?.upload.policy) ?? 'Continuous',
    snapshots,
    leftOut: input.leftOut,
    isHeldBack: input.isHeldBack,
    ...(badToken && { badToken }),
    ...(input.accepted && { accepted: input.accepted }),
    ...(input.obstacle && { obstacle: input.obstacle }),
  };
  const { phase, conditions } = conditionsOf(facts, capture.status?.conditions, now);
  return {
    observedGeneration: facts.generation,
    phase,
    summary: summaryOf(capture, spec, shown, totals),
    ...(shown && record && totals && runFields(shown, record, totals, phase, messagesRoom(input.live))),
    ...(shown && record && snapshots.length > 0 && { snapshots: snapshots.map((snapshot) => ({ ...snapshot, location: locationOf(shown, record.capture).location })) }),
    ...(input.live && { live: input.live }),
    previousRuns: previousRunsOf(record, shown),
    handled: record?.handled ?? {},
    conditions,
  } as PacketCaptureStatus;
}

function previousRunsOf(record: RunRecord | undefined, shown: Run | undefined): unknown[] {
  if (!record) return [];
  let runs = record.previousRuns;
  if (record.draining) runs = keepPrevious(previousRun(record.draining, record.capture), runs);
  return (shown ? runs : keepPrevious(previousRun(record.run, record.capture), runs)).map(shownRun);
}

function summaryOf(capture: CaptureObject, spec: CaptureSpec | undefined, run: Run | undefined, totals: Totals | undefined): object {
  const target = targetSummary(capture, spec, run);
  const nodes = run?.nodes.map((n) => n.node) ?? [];
  // No empty strings: the validation of Kubernetes 1.20 takes them for null.
  return {
    ...(target !== undefined && { target }),
    ...(nodes.length > 0 && { nodes: nodes.length > 1 ? `${nodes[0]},+${nodes.length - 1}` : nodes[0] }),
    ...(totals && { size: formatBytes(totals.ledger.bytes.captured) }),
  };
}

/** Of a pod's longest name. */
const SUMMARY_MAX_LENGTH = 257;

/** With the number of those that are there, where there may be several. */
function targetSummary(capture: CaptureObject, spec: CaptureSpec | undefined, run: Run | undefined): string | undefined {
  if (!spec) {
    const podName = (capture.spec as { target?: { podName?: unknown } } | undefined)?.target?.podName;
    return typeof podName === 'string' ? shortened(printable(`pod/${podName}`), SUMMARY_MAX_LENGTH) : undefined;
  }
  const what = describeTarget(spec.target);
  return isMany(spec.target) && run && !run.result ? `${what} (${liveTargets(run).length})` : what;
}

const seconds = (exact: number): number => Math.round(exact * 1000) / 1000;

function runFields(run: Run, record: RunRecord, totals: Totals, phase: Phase, room: number): object {
  const { prefix, location } = locationOf(run, record.capture);
  const failed = run.nodes.some((node) => node.failure) ? STOP_REASON.failed : undefined;
  const stopReason = phase === 'Suspended' ? STOP_REASON.suspended : (totals.stopReason ?? run.stop?.reason ?? failed);
  const { packets, files, bytes } = totals.ledger;
  return {
    run: {
      id: run.id,
      startTime: run.startTime,
      ...(totals.captureStartTime !== undefined && { captureStartTime: totals.captureStartTime }),
      ...(run.suspended && run.suspended.totalMs > 0 && { suspendedSeconds: seconds(run.suspended.totalMs / 1000) }),
      ...(totals.stopTime !== undefined && { stopTime: totals.stopTime }),
      ...(run.result && { completionTime: run.result.completionTime }),
      ...(stopReason !== undefined && { stopReason }),
      location,
      destination: { name: run.destination.name, bucket: run.destination.bucket, prefix },
    },
    packets: { ...packets, lost: lostPackets(totals.ledger) },
    files,
    bytes,
    gaps: { count: totals.gaps.count, seconds: seconds(totals.gaps.seconds), suspendedSeconds: seconds(totals.gaps.suspended.seconds) },
    targets: run.targets.map((target) => targetField(target, run, totals, Math.floor(room / run.targets.length))),
    recentFiles: totals.recentFiles,
  };
}

/** Of all targets' messages together, in characters: the object is read and written as a whole, by everybody. */
const TARGET_MESSAGES = 2048;
const LEAST_MESSAGES = 512;

/** A live session of many targets takes of their room. */
const messagesRoom = (live: StatusInput['live']): number => (live ? Math.max(LEAST_MESSAGES, TARGET_MESSAGES - JSON.stringify(live).length) : TARGET_MESSAGES);

/** `room`: for its message, in characters. */
function targetField(target: Run['targets'][number], run: Run, totals: Totals, room: number): object {
  const reported = reportedTarget(totals, target.name);
  const { failure, stop } = run.nodes.find((node) => node.node === target.node) ?? {};
  const spec = run.spec as { interface?: string };
  const words = reported?.message ?? failure?.message;
  const message = words === undefined ? undefined : printable(words);
  return {
    name: target.name,
    kind: 'Pod',
    podName: target.podName,
    podUID: target.podUID,
    node: target.node,
    interface: spec.interface ?? 'any',
    state: reported?.state ?? (failure ? 'Failed' : 'Pending'),
    ...((reported?.reason ?? failure?.reason) !== undefined && { reason: reported?.reason ?? failure?.reason }),
    ...(message !== undefined && { message: shortened(message, room) }),
    ...((reported?.stopReason ?? stop?.reason) !== undefined && { stopReason: reported?.stopReason ?? stop?.reason }),
    ...(reported && { packets: { ...reported.ledger.packets, lost: lostPackets(reported.ledger) }, files: reported.ledger.files, bytes: reported.ledger.bytes }),
  };
}
