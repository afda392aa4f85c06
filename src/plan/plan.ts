// The decision about one capture: from what is observed to what shall be, in one pure function. What happens when… is answered here.
import { parseCaptureSpec, type CaptureSpec } from '../api/capture-spec.js';
import { STOP_ANNOTATION } from '../api/group.js';
import { STOP_REASON } from '../api/reasons.js';
import type { PacketCaptureStatus } from '../api/packetcapture-status.js';
import { planChildren, type ChildActions } from './children.js';
import { drainLeftMs } from './drain-time.js';
import type { LeftOut } from './follow.js';
import { limitsOf, sameRun } from './identity.js';
import { leftoversOf, type Leftover } from './leftovers.js';
import { sessionOf } from './live.js';
import { keepPrevious, previousRun } from './previous-runs.js';
import type { CaptureObject } from './objects.js';
import type { Run, RunRecord } from './record.js';
import { advanceRun, type RunTurn } from './run.js';
import { isActive, isOpen, pollOrphan, pollPresent, type Poll } from './poll.js';
import { handleSnapshot, snapshotToken, wantedSnapshot } from './snapshots.js';
import { specObstacle, startRun } from './start.js';
import { statusOf } from './status.js';
import { withSuspension } from './suspension.js';
import { planUnreadable } from './unreadable.js';
import { refused, waiting, type Obstacle } from './waiting.js';
import type { World } from './world.js';

export interface Plan extends Poll {
  /** The record as it shall be; absent: there is none and none is needed. Written before anything else, where it differs. */
  record?: RunRecord;
  /** Spools that their agents may have left on their nodes: noted before they are forgotten. */
  leftovers: Leftover[];
  /** Nothing of the capture is left to remember. */
  forget: boolean;
  children: ChildActions;
  finalizer: 'present' | 'absent' | 'as it is';
  status?: PacketCaptureStatus;
}

type PlanOfRuns = Omit<Plan, 'leftovers'>;

export function planCapture(world: World): Plan {
  const { capture, record, recordProblem } = world;
  if (recordProblem !== undefined) return { ...planUnreadable(recordProblem, world), leftovers: [] };
  const plan = capture ? planPresent(capture, record, world) : planOrphan(record, world);
  return { ...plan, leftovers: leftoversOf(plan.record, world.pods) };
}

/** The object is gone: its runs are stopped, deliver, are collected, and then nothing remembers them. */
function planOrphan(record: RunRecord | undefined, world: World): PlanOfRuns {
  if (!record) return { forget: false, children: planChildren(undefined, world), finalizer: 'as it is' };
  const advanced = advanceRecord(record, world, STOP_REASON.deleted).record;
  const children = planChildren(advanced, world);
  const next = markCollected(advanced, children.collected);
  const forget = children.nothingLeft && !isOpen(next.run) && !isOpen(next.draining);
  return { record: next, forget, children, finalizer: 'as it is', ...(!forget && pollOrphan(next, children)) };
}

function planPresent(capture: CaptureObject, record: RunRecord | undefined, world: World): PlanOfRuns {
  const parsed = parseCaptureSpec(capture.spec);
  const deleting = capture.metadata.deletionTimestamp !== undefined;
  let obstacle: Obstacle | undefined = parsed.spec ? specObstacle(parsed.spec, world) : refused('InvalidSpec', parsed.problems.join('; '));
  // A run that already captures is not ended by a spec that nobody could run.
  const wanted = obstacle || deleting ? undefined : parsed.spec;
  const accepted = obstacle?.terminal ? obstacle : undefined;
  let leftOut: LeftOut[] = [];
  let next = record && withLiveFields(record, wanted, world.now);
  if (next) {
    const turn = advanceRecord(next, world, stopRequest(capture, next, wanted, deleting));
    next = turn.record;
    obstacle ??= turn.obstacle;
    leftOut = turn.leftOut;
  }
  const asksForRun = wanted && (!next || wantsNewRun(next, wanted, capture)) ? wanted : undefined;
  if (asksForRun && !asksForRun.suspend) {
    const started = beginRun(capture, asksForRun, next, world);
    next = started.record ?? next;
    obstacle ??= started.obstacle;
  }
  // Somebody else's finalizer may keep it for long.
  if (deleting && !isActive(next?.run)) obstacle ??= waiting('Deleting', 'the object is being deleted: no run begins');
  next = next && handleSnapshot(next, capture);
  const children = planChildren(next, world);
  next = next && markCollected(next, children.collected);
  const active = isActive(next?.run) || isActive(next?.draining);
  const live = next && sessionOf(next, capture, world.config.jobsNamespace);
  const status = statusOf({ capture, ...(next && { record: next }), ...(parsed.spec && { spec: parsed.spec }), ...(accepted && { accepted }), ...(obstacle && { obstacle }), leftOut, isHeldBack: asksForRun?.suspend === true, ...(live && { live }) }, world.now);
  return {
    ...(next && { record: next }),
    forget: false,
    children,
    finalizer: finalizerFor(capture, active, world),
    status,
    ...pollPresent(next, next && wantedSnapshot(next, capture), obstacle === accepted ? undefined : obstacle, children, world.now),
  };
}

/** Only a spec that could be run changes the limits of the one that runs, or suspends it. */
const withLiveFields = (record: RunRecord, wanted: CaptureSpec | undefined, now: number): RunRecord =>
  wanted && isActive(record.run) ? { ...record, run: withSuspension({ ...record.run, limits: limitsOf(wanted) }, wanted.suspend, now) } : record;

/** Why the current run has to end, as far as the object says so. */
function stopRequest(capture: CaptureObject, record: RunRecord, wanted: CaptureSpec | undefined, deleting: boolean): string | undefined {
  if (deleting) return STOP_REASON.deleted;
  if (capture.metadata.annotations?.[STOP_ANNOTATION] === record.run.id) return STOP_REASON.requested;
  return wanted && wantsNewRun(record, wanted, capture) ? STOP_REASON.superseded : undefined;
}

/** Both runs of a record, one turn further. `stop` is meant for the current one. */
function advanceRecord(record: RunRecord, world: World, stop: string | undefined): { record: RunRecord; obstacle?: Obstacle; leftOut: LeftOut[] } {
  const turn: RunTurn = advanceRun(record.run, record.capture, world, stop);
  const draining = record.draining && advanceRun(record.draining, record.capture, world, stop).run;
  const next: RunRecord = { ...record, run: turn.run };
  delete next.draining;
  if (draining?.result && draining.collected) next.previousRuns = keepPrevious(previousRun(draining, record.capture), record.previousRuns);
  else if (draining) next.draining = draining;
  if (stop === STOP_REASON.requested) next.handled = { ...record.handled, stop: record.run.id };
  return { record: next, leftOut: turn.leftOut, ...(turn.obstacle && { obstacle: turn.obstacle }) };
}

function markCollected(record: RunRecord, ids: string[]): RunRecord {
  if (ids.length === 0) return record;
  const mark = (run: Run): Run => (ids.includes(run.id) ? { ...run, collected: true } : run);
  return { ...record, run: mark(record.run), ...(record.draining && { draining: mark(record.draining) }) };
}

/**
 * The current run is another than the spec asks for, and there is room for it to deliver beside a new one.
 * A spec that is no newer than the run's own comes from a cache that lags behind: it asks for nothing.
 */
const wantsNewRun = (record: RunRecord, wanted: CaptureSpec, capture: CaptureObject): boolean =>
  !record.draining && (capture.metadata.generation ?? 0) > record.run.generation && !sameRun(record.run.spec, wanted);

function beginRun(capture: CaptureObject, spec: CaptureSpec, record: RunRecord | undefined, world: World): { record?: RunRecord; obstacle?: Obstacle } {
  const start = startRun(capture, spec, (record?.run.number ?? 0) + 1, world);
  if (start.obstacle) return { obstacle: start.obstacle };
  const { namespace, name, uid } = capture.metadata;
  const identity = { namespace, name, uid };
  const token = snapshotToken(capture);
  // An annotation that is older than the run asks for nothing of it.
  const handled = { ...record?.handled, ...(token !== undefined && { snapshot: token }) };
  if (!record) return { record: { version: 1, capture: identity, run: start.run, previousRuns: [], handled } };
  const settled = record.run.result && record.run.collected;
  return {
    record: {
      ...record,
      handled,
      run: start.run,
      ...(settled ? { previousRuns: keepPrevious(previousRun(record.run, identity), record.previousRuns) } : { draining: record.run }),
    },
  };
}

/** Only while a run is active. */
function finalizerFor(capture: CaptureObject, active: boolean, world: World): Plan['finalizer'] {
  if (!active) return 'absent';
  if (capture.metadata.deletionTimestamp === undefined) return 'present';
  return drainLeftMs(capture, world) > 0 ? 'as it is' : 'absent';
}
