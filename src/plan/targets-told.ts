// Targets that came, went or failed while their run goes on, as Events: all of one turn in one, so that a rollout is no flood.
import type { PacketCaptureStatus } from '../api/packetcapture-status.js';
import { counted, named } from './counted.js';
import { tell, type Transition } from './tell.js';

type Target = NonNullable<PacketCaptureStatus['targets']>[number];

/** How many are named; the rest is counted. */
const NAMED = 5;

export function targetsTold(before: PacketCaptureStatus | undefined, after: PacketCaptureStatus): Transition[] {
  // The beginning and the end of a run are its own Events.
  const goesOn = after.run?.id !== undefined && after.run.id === before?.run?.id && after.run.stopTime === undefined && after.run.completionTime === undefined;
  if (!goesOn) return [];
  const then = new Map(before?.targets?.map((target) => [target.name, target]));
  const turned = (is: (target: Target) => boolean): Target[] => (after.targets ?? []).filter((target) => is(target) && !(then.has(target.name) && is(then.get(target.name) as Target)));
  const joined = (after.targets ?? []).filter((target) => !then.has(target.name) && !isOver(target));
  const ended = turned((target) => isOver(target) && target.state !== 'Failed');
  const failed = turned((target) => target.state === 'Failed');
  const changes = [list(joined, 'joined', ({ node }) => `on ${node}`), list(ended, 'ended', ({ stopReason }) => `(${stopReason ?? 'unknown'})`)].filter((text) => text !== '');
  return [
    ...(changes.length > 0 ? [tell('TargetsChanged', changes.join('; '))] : []),
    ...(failed.length > 0 ? [tell('TargetFailed', `${list(failed, 'failed', ({ reason }) => `(${reason ?? 'unknown'})`)}; ${failed[0]?.podName}: ${failed[0]?.message ?? 'no more is known'}`)] : []),
  ];
}

const isOver = ({ state, stopReason }: Target): boolean => state === 'Failed' || state === 'Ended' || (stopReason !== undefined && state !== 'Suspended');

function list(targets: Target[], verb: string, of: (target: Target) => string): string {
  if (targets.length === 0) return '';
  return `${counted(targets.length, 'target')} ${verb}: ${named(targets.map((target) => `${target.podName} ${of(target)}`), NAMED)}`;
}
