// What becomes of a node under a run: whether it can be asked, whether it is drained, when its part is over, when its spool is given up.
import { DISCARD_REASON, STOP_REASON } from '../api/reasons.js';
import { addressedPod } from './addressing.js';
import { isRunning, type PodObject } from './objects.js';
import type { RecordNode, Run } from './record.js';
import type { World } from './world.js';

const iso = (ms: number): string => new Date(ms).toISOString();

/** The agent gives up at the retention by its own clock; only when it must have done so long ago is that said in its place. */
const RETENTION_SLACK_MS = 10 * 60_000;

/** Only the agent on the node, or the loss of its spool, ends a node's part for good: all else here is taken back when the node answers. */
export function withFate(node: RecordNode, run: Run, world: World): RecordNode {
  const { unreachable: _unreachable, drained: _drained, undelivered: _undelivered, ...settled } = node;
  if (!node.addressed || node.report?.done || node.failure || node.lost) return settled;
  const pod = addressedPod(node, world.pods);
  const unreachable = unreachableSince(node, world);
  const drained = drainedSince(node, pod, world);
  const undelivered = undeliveredSince(node, run, pod, world.now);
  const stop = node.stop ?? (unreachable && world.now - Date.parse(unreachable.since) >= world.config.nodeLostAfterMs ? { reason: STOP_REASON.nodeLost, time: iso(world.now) } : undefined);
  const known = { ...settled, ...(unreachable && { unreachable }), ...(drained && { drained }), ...(undelivered && { undelivered }), ...(stop && { stop }) };
  const lost = lossOf(known, run, pod, world);
  return lost ? { ...settled, ...(stop && { stop }), lost } : known;
}

function unreachableSince(node: RecordNode, world: World): RecordNode['unreachable'] {
  const { now } = world;
  const { since, goneSince } = node.unreachable ?? {};
  if (world.nodeIsGone(node.node)) return { since: since ?? iso(now), goneSince: goneSince ?? iso(now) };
  const object = world.node(node.node);
  const ready = object?.status?.conditions?.find((c) => c.type === 'Ready');
  if (!object || ready?.status === 'True') return undefined;
  return { since: since ?? iso(Math.min(now, Date.parse(ready?.lastTransitionTime ?? iso(now)))) };
}

/** A cordon alone is nobody's business; a capture pod that somebody deletes from a cordoned node is not put back there. */
function drainedSince(node: RecordNode, pod: PodObject | undefined, world: World): RecordNode['drained'] {
  const object = world.node(node.node);
  if (object && object.spec?.unschedulable !== true) return undefined;
  if (node.drained) return node.drained;
  return object && (!pod || pod.metadata.deletionTimestamp !== undefined) ? { since: iso(world.now) } : undefined;
}

/** Capturing is over there, as far as anybody knows. */
const isOver = ({ report, stop }: RecordNode, run: Run): boolean => run.stop !== undefined || stop !== undefined || (report?.stopReason !== undefined && report.stopReason !== STOP_REASON.suspended && report.phase === 'Draining');

const isDelivering = ({ report, unreachable }: RecordNode, pod: PodObject | undefined): boolean => unreachable === undefined && isRunning(pod) && report?.delivery?.ok !== false;

/** Since when nothing more reaches the bucket, once capturing is over. Only progress takes it back: an agent that restarts has not failed yet. */
function undeliveredSince(node: RecordNode, run: Run, pod: PodObject | undefined, now: number): RecordNode['undelivered'] {
  if (!node.report || !isOver(node, run)) return undefined;
  const { uploaded } = node.report.ledger.packets;
  if (node.undelivered?.uploaded === uploaded) return node.undelivered;
  return isDelivering(node, pod) ? undefined : { since: iso(now), uploaded };
}

/** Whether the run waits for this node's deliveries no longer, though they may still come. */
export function isOverdue(node: RecordNode, { pods, now, config }: Pick<World, 'pods' | 'now' | 'config'>): boolean {
  if (node.stop) return true;
  return node.undelivered !== undefined && now - Date.parse(node.undelivered.since) >= config.uploadDeadlineMs && !isDelivering(node, addressedPod(node, pods));
}

/** Nothing of the node's spool will ever come: its node is gone, or nobody works on it past the time that files are kept. */
function lossOf(node: RecordNode, run: Run, pod: PodObject | undefined, { now, config }: World): RecordNode['lost'] {
  const { unreachable, drained } = node;
  if (unreachable?.goneSince !== undefined && now - Date.parse(unreachable.goneSince) >= config.nodeLostAfterMs) return { reason: STOP_REASON.nodeLost, time: iso(now) };
  const over = node.report?.stopTime ?? node.stop?.time ?? run.stop?.time;
  const keptMs = config.spoolRetentionSeconds * 1000 + RETENTION_SLACK_MS;
  if (over === undefined || !isOver(node, run) || isDelivering(node, pod) || now - Date.parse(over) < keptMs) return undefined;
  return { reason: unreachable ? STOP_REASON.nodeLost : drained ? STOP_REASON.nodeDrained : DISCARD_REASON.drainExpired, time: iso(now) };
}

/** A node whose agent was still capturing when it was last heard: what came after that is unknown. */
export const endUnheard = ({ report }: Pick<RecordNode, 'report'>): boolean => report?.stopReason === undefined;
