// A capture whose run record can't be read: nothing begins and nothing is deleted for a guess; what captures can still be stopped.
import { STOP_ANNOTATION, LABEL } from '../api/group.js';
import type { PacketCaptureStatus } from '../api/packetcapture-status.js';
import { CONDITION, STOP_REASON } from '../api/reasons.js';
import { CONTROL_ANNOTATION, controlSchema } from '../protocol/control.js';
import { noChildren, type ChildActions } from './children.js';
import { stamp } from './conditions.js';
import { drainLeftMs } from './drain-time.js';
import { canonical } from './identity.js';
import type { CaptureObject, PodObject } from './objects.js';
import { verdict } from './verdict.js';
import type { World } from './world.js';

const REASON = 'RecordUnreadable';
const REPLACED: string[] = [CONDITION.ready, CONDITION.reconciling, CONDITION.stalled];

interface UnreadablePlan {
  forget: false;
  children: ChildActions;
  finalizer: 'absent' | 'as it is';
  status?: PacketCaptureStatus;
  lookAgainMs?: number;
}

export function planUnreadable(problem: string, world: World): UnreadablePlan {
  const { capture } = world;
  const children: ChildActions = { ...noChildren(), controls: world.pods.flatMap((pod) => stopOf(pod, capture)) };
  if (!capture) return { forget: false, children, finalizer: 'as it is' };
  const leftMs = drainLeftMs(capture, world);
  return {
    forget: false,
    children,
    finalizer: leftMs > 0 ? 'as it is' : 'absent',
    status: unreadable(problem, capture, world.now),
    ...(leftMs > 0 && Number.isFinite(leftMs) && { lookAgainMs: leftMs }),
  };
}

/** The control that a pod carries says all that it needs, but that the run is to stop now. */
function stopOf(pod: PodObject, capture: CaptureObject | undefined): ChildActions['controls'] {
  const { annotations, labels } = pod.metadata;
  const asked = capture?.metadata.annotations?.[STOP_ANNOTATION];
  const reason = !capture || capture.metadata.deletionTimestamp !== undefined ? STOP_REASON.deleted : asked !== undefined && asked === labels?.[LABEL.runID] ? STOP_REASON.requested : undefined;
  const control = controlSchema.safeParse(parseJSON(annotations?.[CONTROL_ANNOTATION]));
  if (reason === undefined || !control.success || control.data.stop) return [];
  return [{ pod, annotation: canonical({ ...control.data, stop: { reason } }) }];
}

function parseJSON(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}

/** What was last known stays; Ready says that nobody looks after it. */
function unreadable(problem: string, capture: CaptureObject, now: number): PacketCaptureStatus {
  const before = (capture.status ?? {}) as PacketCaptureStatus;
  const generation = capture.metadata.generation ?? 0;
  const others = (before.conditions ?? []).filter(({ type }) => !REPLACED.includes(type ?? ''));
  const verdicts = [verdict(CONDITION.ready, 'False', REASON, problem), verdict(CONDITION.stalled, 'True', REASON, problem)];
  return {
    ...before,
    observedGeneration: generation,
    phase: before.phase ?? 'Pending',
    conditions: [...others, ...verdicts.map((v) => stamp(v, generation, before.conditions, now))],
  };
}
