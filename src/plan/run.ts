// One turn of a run: what the world says since the last one, and what the run is now. It starts, stops and ends here and nowhere else.
import type { CaptureSpec } from '../api/capture-spec.js';
import { STOP_REASON } from '../api/reasons.js';
import { parseCaptureSpec } from '../api/capture-spec.js';
import { addressedPod, nextAddressed, podsOf } from './addressing.js';
import { followTargets, QUEUED, withNodesFor, type LeftOut } from './follow.js';
import { identityOf, limitsOf } from './identity.js';
import { isOverdue, withFate } from './node-fate.js';
import { hasStarted, isRunning, type JobObject } from './objects.js';
import { isSettled, liveTargets, type RecordNode, type RecordTarget, type Run, type RunRecord } from './record.js';
import { resultOf, revisableResult } from './result.js';
import { isMany } from './selection.js';
import { startObstacle } from './start-failure.js';
import { isSuspended, suspendedMs } from './suspension.js';
import { reportedTarget, totalsOf, withReport } from './totals.js';
import { waiting, type Obstacle } from './waiting.js';
import type { World } from './world.js';

export interface RunTurn {
  run: Run;
  /** What a run that does not capture yet waits for. */
  obstacle?: Obstacle;
  leftOut: LeftOut[];
}

const iso = (ms: number): string => new Date(ms).toISOString();

/** The spec that a run works by: its own identity, with the newest limits. */
export function workingSpec(run: Run): CaptureSpec | undefined {
  const own = parseCaptureSpec(run.spec).spec;
  return own && { ...identityOf(own), suspend: run.suspended?.since !== undefined, ...limitsOf(run.limits ? { ...run.limits, maxTargets: run.limits.maxTargets ?? own.maxTargets } : own) };
}

/** Advances an unfinished run. `stop` is why it has to end now, if it has. */
export function advanceRun(before: Run, capture: RunRecord['capture'], world: World, stop: string | undefined): RunTurn {
  if (isSettled(before)) return { run: before, leftOut: [] };
  let run: Run = { ...before, nodes: before.nodes.map((node) => withFate(refreshNode(node, before, world), before, world)) };
  const followed = follow(run, capture, world);
  run = followed.run;
  const why = run.stop?.reason ?? stop ?? targetsGone(run, followed.leftOut, world) ?? endedWithLiveTargets(run, world) ?? endedByDrain(run, world);
  if (why !== undefined && !run.stop) run = { ...run, stop: { reason: why, time: iso(world.now) } };
  run = { ...run, nodes: run.nodes.map((node) => address(node, run, world)) };

  const starting = run.nodes.map((node) => startOf(node, run, world));
  run = { ...run, nodes: starting.map(({ node }) => node) };
  const obstacle = totalsOf(run).captureStartTime === undefined ? starting.find((s) => s.obstacle)?.obstacle : drainObstacle(run);
  return { run: withResult(run, world), leftOut: followed.leftOut, ...(obstacle && { obstacle }) };
}

/** Final once every node is done. Until then revisable, where nothing is waited for any longer: from then on the run never captures. */
function withResult(run: Run, world: World): Run {
  const open = run.nodes.filter((node) => !nodeIsDone(node, run, world));
  if (open.length === 0) return { ...run, result: resultOf(run, iso(world.now)) };
  if (!run.result && !open.every((node) => isOverdue(node, world))) return run;
  const stop = run.stop ?? { reason: totalsOf(run).stopReason ?? STOP_REASON.failed, time: iso(world.now) };
  const stopped = { ...run, stop };
  return { ...stopped, result: revisableResult(stopped, open, world.config, run.result?.completionTime ?? iso(world.now)) };
}

const jobOf = (node: RecordNode, world: World): JobObject | undefined => world.jobs.find((job) => job.metadata.name === node.jobName);

/** What only the agent can add: the newest report of the pod that is addressed. An agent exits with 0 only when the run's work on its node is done. */
function refreshNode(node: RecordNode, run: Run, world: World): RecordNode {
  if (!node.addressed || node.report?.done) return node;
  const fresh = withReport(node, world.report(node.addressed.podUID), run.targets);
  const endedMs = endedWellMs(node, world);
  if (endedMs === undefined) return fresh;
  if (fresh.report && (fresh.report.podUID === node.addressed.podUID || !addressedPod(node, world.pods))) return { ...fresh, report: { ...fresh.report, done: true } };
  return world.now - endedMs < REPORT_PATIENCE_MS ? fresh : { ...fresh, failure: { reason: 'ReportLost', message: `the agent on node "${node.node}" ended well, but neither its log nor its termination message could be read: what it captured is in the manifest of attempt ${node.addressed.attempt} in the bucket` } };
}

/** A log that can't be read is asked for again; one that can't be read by then never will be. */
const REPORT_PATIENCE_MS = 60_000;

/** When the addressed agent exited with 0. Whoever collects ended pods may come first: the Job remembers. */
function endedWellMs(node: RecordNode, world: World): number | undefined {
  const pod = addressedPod(node, world.pods);
  const job = jobOf(node, world);
  if (pod ? pod.status?.phase !== 'Succeeded' : (job?.status?.succeeded ?? 0) === 0) return undefined;
  return Date.parse(pod?.status?.containerStatuses?.[0]?.state?.terminated?.finishedAt ?? job?.status?.completionTime ?? node.addressed?.time ?? node.createdTime);
}

/** No pod joins once capturing is over, or its time is: an agent's own end is heard of a moment later. */
function follow(run: Run, { namespace, uid }: RunRecord['capture'], world: World): { run: Run; leftOut: LeftOut[] } {
  const spec = workingSpec(run);
  if (!spec) return { run, leftOut: [] };
  const { captureStartTime } = totalsOf(run);
  const lastsMs = spec.durationMs || Infinity;
  const mayJoin = !run.stop && (captureStartTime === undefined || world.now - Date.parse(captureStartTime) - suspendedMs(run, world.now) < lastsMs);
  const { targets, leftOut } = followTargets(run, spec, namespace, world, mayJoin);
  return { run: { ...run, targets, nodes: withNodesFor(liveTargets({ targets }), run.nodes, run.id, uid, world.now) }, leftOut };
}

/** A new pod of the name often follows within seconds; only after the grace nobody comes any more. What is suspended waits for nobody. */
function targetsGone(run: Run, leftOut: LeftOut[], world: World): string | undefined {
  if (isSuspended(run) || leftOut.some(({ reason }) => reason === QUEUED)) return undefined;
  const resumedMs = Date.parse(run.suspended?.until ?? run.startTime);
  const all = run.targets.every((t) => t.goneTime !== undefined && world.now - Math.max(resumedMs, Date.parse(t.goneTime)) >= world.config.targetGraceMs);
  return all ? (isDrained(run, run.targets) ? STOP_REASON.nodeDrained : STOP_REASON.targetGone) : undefined;
}

const isDrained = (run: Run, targets: RecordTarget[]): boolean => targets.length > 0 && targets.every((t) => run.nodes.find((n) => n.node === t.node)?.drained);

/** Whoever drained the node may never give it back: nobody would end the run by its duration then. */
function endedByDrain(run: Run, world: World): string | undefined {
  const { captureStartTime } = totalsOf(run);
  if (captureStartTime === undefined || isSuspended(run) || !isDrained(run, liveTargets(run))) return undefined;
  const lastsMs = workingSpec(run)?.durationMs || world.config.spoolRetentionSeconds * 1000;
  return world.now - Date.parse(captureStartTime) - suspendedMs(run, world.now) >= lastsMs ? STOP_REASON.nodeDrained : undefined;
}

const drainObstacle = (run: Run): Obstacle | undefined => {
  const nodes = [...new Set(liveTargets(run).map((t) => t.node))];
  return !run.stop && isDrained(run, liveTargets(run)) ? drainedNode(nodes.join(', ')) : undefined;
};

const drainedNode = (node: string): Obstacle => waiting(STOP_REASON.nodeDrained, `node ${node} is cordoned and its capture pod was taken away: it captures and delivers again when the node is uncordoned`);

/**
 * Why all targets that are still there ended, once they did: each by itself, or with its node. A node whose targets are gone has nothing
 * more to wait for then; its agent would not end by itself, where it never listened to any of them, or more may come.
 */
function endedWithLiveTargets(run: Run, world: World): string | undefined {
  const live = liveTargets(run);
  const nodeOf = ({ node }: RecordTarget): RecordNode | undefined => run.nodes.find((n) => n.node === node);
  const isOver = (node: RecordNode | undefined): boolean => node !== undefined && (node.stop !== undefined || nodeIsDone(node, run, world));
  const byItself = live.map((target) => nodeOf(target)?.stop?.reason).find((reason) => reason !== undefined);
  const totals = totalsOf(run);
  const spec = workingSpec(run);
  // Of what a name follows the agent itself ends the run.
  const ends = spec && isMany(spec.target) ? live.map(({ name }) => reportedTarget(totals, name)?.stopReason) : [];
  if (live.length === 0 || !live.every((target, n) => ends[n] !== undefined || isOver(nodeOf(target)))) return undefined;
  if (byItself === undefined && run.nodes.every((node) => nodeIsDone(node, run, world))) return undefined;
  return totals.stopReason ?? byItself ?? ends.find((reason) => reason !== undefined) ?? STOP_REASON.failed;
}

function address(node: RecordNode, run: Run, world: World): RecordNode {
  if (node.report?.done || node.lost || node.drained) return node;
  const next = nextAddressed(node, world.pods);
  if (!next) return node;
  const started = totalsOf(run).captureStartTime;
  return {
    ...node,
    addressed: {
      attempt: (node.addressed?.attempt ?? 0) + 1,
      podName: next.metadata.name,
      podUID: next.metadata.uid,
      time: iso(world.now),
      usedMs: started === undefined ? 0 : Math.max(0, world.now - Date.parse(started) - suspendedMs(run, world.now)),
    },
  };
}

/** A container that starts in the very moment of a stop shows in its pod's status by then. */
const STOP_SETTLES_MS = 10_000;

/** Done: the agent said so, its spool is lost, nothing could ever be captured there, or the run was stopped before an agent ran that could have captured anything. */
export function nodeIsDone(node: RecordNode, run: Run, { pods, now }: Pick<World, 'pods' | 'now'>): boolean {
  if (node.report?.done === true || node.failure !== undefined || node.lost !== undefined) return true;
  if (run.stop === undefined || node.report !== undefined) return false;
  return node.addressed === undefined || (now - Date.parse(run.stop.time) >= STOP_SETTLES_MS && !hasStarted(addressedPod(node, pods)));
}

/** What keeps a node's agent from its first word; past the deadline it is the node's failure. */
function startOf(node: RecordNode, run: Run, world: World): { node: RecordNode; obstacle?: Obstacle } {
  if (node.report !== undefined || nodeIsDone(node, run, world)) return { node };
  const jobEvents = world.jobEvents(node.jobName);
  const obstacle = node.drained ? drainedNode(node.node) : startObstacle(podsOf(node, world.pods), jobEvents, world.node(node.node));
  const { startDeadlineMs } = world.config;
  const job = jobOf(node, world);
  // An operator that was away since it wrote the record has not tried yet.
  const isTried = job !== undefined || jobEvents.length > 0;
  const since = Math.max(Date.parse(node.createdTime), Date.parse(job?.metadata.creationTimestamp ?? node.createdTime));
  // An agent that runs and is silent captures: it is its log that can't be read.
  if (!isTried || isRunning(addressedPod(node, world.pods)) || endedWellMs(node, world) !== undefined || world.now - since < startDeadlineMs) return { node, obstacle };
  const reason = obstacle.reason === 'Starting' ? 'StartTimeout' : obstacle.reason;
  return { node: { ...node, failure: { reason, message: `${obstacle.message} (given up after ${startDeadlineMs / 1000} s)` } } };
}
