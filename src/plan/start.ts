// Whether a new run may begin, and what it begins with. The first obstacle is the one that people read.
import type { CaptureSpec } from '../api/capture-spec.js';
import { runID } from '../protocol/keys.js';
import { capExceeded } from './caps.js';
import { chooseDestination, type UsableDestination } from './destination.js';
import { firstTargets, withNodesFor } from './follow.js';
import { limitsOf } from './identity.js';
import { secretName } from './names.js';
import type { CaptureObject } from './objects.js';
import { queued } from './queue.js';
import type { RecordTarget, Run } from './record.js';
import { select } from './selection.js';
import { refused, waiting, type Obstacle } from './waiting.js';
import type { World } from './world.js';

export type Start = { run: Run; obstacle?: undefined } | { run?: undefined; obstacle: Obstacle };

interface Ready {
  targets: RecordTarget[];
  destination: UsableDestination;
}

/** What is wrong with a spec that the schema and the rules accept, or has to be found out about it first. */
export function specObstacle(spec: CaptureSpec, world: World): Obstacle | undefined {
  const cap = capExceeded(spec, world.config, world.record);
  if (cap) return cap;
  const { problem, isPending } = world.filter();
  if (isPending) return waiting('CheckingFilter', 'spec.filter is being compiled, to see whether it can be; that takes longer the longer it is');
  return problem === undefined ? undefined : refused('InvalidFilter', `spec.filter ${JSON.stringify(spec.filter)} does not compile: ${problem}`);
}

/** A run of its own number, with everything pinned that must not change while it lasts; or what it has to wait for. */
export function startRun(capture: CaptureObject, spec: CaptureSpec, number: number, world: World): Start {
  const ready = readiness(capture, spec, world);
  if ('obstacle' in ready) return { obstacle: ready.obstacle };
  const { targets, destination } = ready;
  const id = runID(world.now, capture.metadata.uid, number);
  return {
    run: {
      id,
      number,
      startTime: new Date(world.now).toISOString(),
      generation: capture.metadata.generation ?? 0,
      spec: capture.spec,
      limits: limitsOf(spec),
      destination: destination.pinned,
      secretName: secretName(id, capture.metadata.uid),
      targets,
      nodes: withNodesFor(targets, [], id, capture.metadata.uid, world.now),
      collected: false,
    },
  };
}

function readiness(capture: CaptureObject, spec: CaptureSpec, world: World): Ready | { obstacle: Obstacle } {
  const chosen = chooseDestination(spec.destinationName, { namespace: capture.metadata.namespace, labels: world.namespaceLabels }, world.destinations);
  if (chosen.obstacle) return { obstacle: chosen.obstacle };
  const credentials = world.credentials(chosen.usable.spec);
  if (credentials.problem !== undefined) return { obstacle: waiting('DestinationNotReady', `ClusterCaptureDestination "${chosen.usable.pinned.name}" has no usable keys or authorities; its owner sees more with: kubectl describe clustercapturedestination ${chosen.usable.pinned.name}`) };
  const { eligible, obstacle } = select(spec.target, capture.metadata.namespace, world);
  if (obstacle) return { obstacle };
  const targets = firstTargets(spec, eligible);
  const wait = world.admission([...new Set(targets.map(({ node }) => node))]);
  return wait ? { obstacle: queued(wait) } : { targets, destination: chosen.usable };
}
