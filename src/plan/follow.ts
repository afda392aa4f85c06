// Follows a run's targets while it lasts: which pods joined, which are gone, which are left out.
import type { CaptureSpec } from '../api/capture-spec.js';
import { STOP_REASON } from '../api/reasons.js';
import { targetName } from '../protocol/keys.js';
import { jobName } from './names.js';
import { podIPs, type PodObject } from './objects.js';
import { liveTargets, type RecordNode, type RecordTarget, type Run } from './record.js';
import { byAge, isMany, select } from './selection.js';
import { targetIsGone } from './target.js';
import type { World } from './world.js';

/** A pod that the spec names and that is not captured, and why. */
export interface LeftOut {
  podName: string;
  reason: string;
}

/** Of a pod on a node that has no room for another capture now. */
export const QUEUED = 'Queued';

export interface Followed {
  targets: RecordTarget[];
  leftOut: LeftOut[];
}

const iso = (ms: number): string => new Date(ms).toISOString();

export const targetOf = (pod: PodObject): RecordTarget => ({
  name: targetName(pod.metadata.name, pod.metadata.uid),
  podName: pod.metadata.name,
  podUID: pod.metadata.uid,
  podIPs: podIPs(pod),
  node: pod.spec.nodeName as string,
  hostNetwork: pod.spec.hostNetwork === true,
});

export const newNode = (runID: string, captureUID: string, node: string, now: number): RecordNode => ({
  node,
  jobName: jobName(runID, captureUID, node),
  createdTime: iso(now),
  lostSpools: [],
});

/** The nodes of a run with one for every target. */
export function withNodesFor(targets: RecordTarget[], nodes: RecordNode[], runID: string, captureUID: string, now: number): RecordNode[] {
  const missing = [...new Set(targets.map(({ node }) => node))].filter((node) => !nodes.some((n) => n.node === node));
  return missing.length === 0 ? nodes : [...nodes, ...missing.map((node) => newNode(runID, captureUID, node, now))];
}

/** Most pods at a time; a name is only ever one pod's. */
const roomOf = (spec: CaptureSpec): number => (isMany(spec.target) ? spec.maxTargets : Infinity);

/** The pods to begin with: the oldest. */
export function firstTargets(spec: CaptureSpec, eligible: PodObject[]): RecordTarget[] {
  return eligible.slice(0, roomOf(spec)).map(targetOf);
}

/**
 * A pod that is gone is marked, one that is new joins while there is room. Who was here before stays, whatever becomes of its labels;
 * a pod that is being deleted makes room for the one that follows it. `mayJoin`: capturing goes on.
 */
export function followTargets(run: Run, spec: CaptureSpec, namespace: string, world: World, mayJoin: boolean): Followed {
  const pods = new Map(world.targetPods.map((pod) => [pod.metadata.uid, pod]));
  const refreshed = run.targets.map((target) => (target.goneTime === undefined ? refreshTarget(target, pods.get(target.podUID), world.now) : target));
  if (!mayJoin) return { targets: keepTargets(refreshed, pods), leftOut: [] };
  const { targets, staying } = withinRoom(refreshed, pods, roomOf(spec), world.now);
  const { eligible, refused } = select(spec.target, namespace, world);
  const targetAt = ({ metadata }: PodObject): RecordTarget | undefined => targets.find((t) => t.podUID === metadata.uid);
  const letGo = eligible.filter((pod) => targetAt(pod)?.goneReason === STOP_REASON.maxTargets);
  const strangers = eligible.filter((pod) => !targetAt(pod));
  const stranded = strangers.filter((pod) => isMany(spec.target) && nodeIsOver(pod, run));
  const able = strangers.filter((pod) => !stranded.includes(pod));
  const { joining, surplus, queued } = join(able, roomOf(spec) - staying, run.nodes, world);
  return {
    targets: keepTargets([...targets, ...joining.map(targetOf)], pods),
    leftOut: [
      ...leftOutBy(STOP_REASON.maxTargets, [...letGo, ...surplus].sort(byAge)),
      ...leftOutBy(QUEUED, queued),
      ...leftOutBy('NodeEnded', stranded),
      ...refused.map(({ pod, obstacle }) => ({ podName: pod.metadata.name, reason: obstacle.reason })),
    ],
  };
}

/** No agent of this run will listen there any more: it could not start, was lost, or has done its part. */
function nodeIsOver({ spec: { nodeName } }: PodObject, { nodes }: Run): boolean {
  const node = nodes.find((n) => n.node === nodeName);
  return node?.stop !== undefined || node?.failure !== undefined || node?.lost !== undefined || node?.report?.done === true;
}

/** Whoever has no room on its node takes no other's: a node is only asked about for a pod that could join. */
function join(strangers: PodObject[], room: number, nodes: RecordNode[], world: World): { joining: PodObject[]; surplus: PodObject[]; queued: PodObject[] } {
  const joining: PodObject[] = [];
  const surplus: PodObject[] = [];
  const queued: PodObject[] = [];
  for (const pod of strangers) {
    const node = pod.spec.nodeName as string;
    if (joining.length >= room) surplus.push(pod);
    else if (nodes.some((n) => n.node === node) || world.hasRoom(node)) joining.push(pod);
    else queued.push(pod);
  }
  return { joining, surplus, queued };
}

const leftOutBy = (reason: string, pods: PodObject[]): LeftOut[] => pods.map(({ metadata }) => ({ podName: metadata.name, reason }));

/** Where the number was lowered, the newest go. Those that go by themselves do not count. */
function withinRoom(targets: RecordTarget[], pods: ReadonlyMap<string, PodObject>, room: number, now: number): { targets: RecordTarget[]; staying: number } {
  const live = liveTargets({ targets })
    .flatMap(({ podUID }) => pods.get(podUID) ?? [])
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .sort(byAge);
  const surplus = new Set(live.slice(room).map(({ metadata }) => metadata.uid));
  return {
    targets: targets.map((target) => (surplus.has(target.podUID) ? { ...target, goneTime: iso(now), goneReason: STOP_REASON.maxTargets } : target)),
    staying: live.length - surplus.size,
  };
}

/** A pod whose sandbox was made anew has the same UID and other addresses: its network namespace is told by them. */
function refreshTarget(target: RecordTarget, pod: PodObject | undefined, now: number): RecordTarget {
  if (!pod || targetIsGone(target.podUID, pod)) return { ...target, goneTime: iso(now) };
  const addresses = podIPs(pod);
  return addresses.length > 0 ? { ...target, podIPs: addresses } : target;
}

const ENDED_TARGETS_KEPT = 20;

/** All that are there and the newest that are gone: thousands of pods may come, one after the other, and a record has to fit a ConfigMap. One that was left out while its pod lives on would come back, were it forgotten. */
function keepTargets(targets: RecordTarget[], pods: ReadonlyMap<string, PodObject>): RecordTarget[] {
  const gone = targets.filter((t) => t.goneTime !== undefined && !(t.goneReason !== undefined && pods.has(t.podUID)));
  const dropped = new Set(gone.slice(0, -ENDED_TARGETS_KEPT));
  return targets.filter((t) => !dropped.has(t));
}
