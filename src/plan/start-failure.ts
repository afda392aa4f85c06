// Why a capture pod does not start, in the cluster's own words.
import { lastWords } from './last-words.js';
import { isTerminal, type EventObject, type NodeObject, type PodObject } from './objects.js';
import { waiting, type Obstacle } from './waiting.js';

const IMAGE_REASONS = new Set(['ErrImagePull', 'ImagePullBackOff', 'ErrImageNeverPull', 'InvalidImageName', 'ImageInspectError', 'RegistryUnavailable']);

interface Evidence {
  pod: PodObject | undefined;
  jobEvents: EventObject[];
  node: NodeObject | undefined;
}
type Check = (evidence: Evidence) => Obstacle | undefined;

const admissionDenied: Check = ({ pod, jobEvents }) => {
  if (pod) return undefined;
  const event = jobEvents.filter((e) => e.reason === 'FailedCreate').at(-1);
  return event && waiting('AdmissionDenied', `the cluster refused the capture pod: ${event.message ?? 'FailedCreate'}`);
};

const unschedulable: Check = ({ pod }) => {
  const scheduled = pod?.status?.conditions?.find((c) => c.type === 'PodScheduled');
  return scheduled?.status === 'False' ? waiting('Unschedulable', `the capture pod can't be scheduled to the target's node: ${scheduled.message ?? scheduled.reason ?? ''}`) : undefined;
};

const imagePullFailed: Check = ({ pod }) => {
  const state = pod?.status?.containerStatuses?.[0]?.state?.waiting;
  return state?.reason !== undefined && IMAGE_REASONS.has(state.reason) ? waiting('ImagePullFailed', `the capture pod's image can't be pulled: ${state.reason}: ${state.message ?? ''}`) : undefined;
};

const nodeNotReady: Check = ({ node }) => {
  const ready = node?.status?.conditions?.find((c) => c.type === 'Ready');
  return node && ready?.status !== 'True' ? waiting('NodeNotReady', `node "${node.metadata.name}" is not ready: ${ready?.message ?? ready?.reason ?? 'no word from it'}`) : undefined;
};

const podRefused: Check = ({ pod }) =>
  pod && pod.status?.phase === 'Failed' && pod.status.reason !== undefined ? waiting('CapturePodRejected', `the node rejected the capture pod: ${pod.status.reason}: ${pod.status.message ?? ''}`) : undefined;

const containerFailed: Check = ({ pod }) => {
  const status = pod?.status?.containerStatuses?.[0];
  const waitingState = status?.state?.waiting;
  const ended = status?.state?.terminated ?? status?.lastState?.terminated;
  if (ended && ended.exitCode !== 0) return waiting('AgentFailed', `the agent exited with ${ended.exitCode} (${ended.reason ?? 'Error'}) before it captured; its last words: ${lastWords(ended.message)}`);
  return waitingState?.reason !== undefined && waitingState.reason !== 'ContainerCreating' ? waiting('CapturePodNotStarted', `the capture pod does not start: ${waitingState.reason}: ${waitingState.message ?? ''}`) : undefined;
};

/** The first that applies gives reason and message. */
const CHECKS: Check[] = [admissionDenied, unschedulable, imagePullFailed, nodeNotReady, podRefused, containerFailed];

/** What keeps a capture pod from running; `Starting` where nothing in particular is known. */
export function startObstacle(pods: PodObject[], jobEvents: EventObject[], node: NodeObject | undefined): Obstacle {
  const pod = pods.find((p) => !isTerminal(p)) ?? pods.at(-1);
  const evidence: Evidence = { pod, jobEvents, node };
  for (const check of CHECKS) {
    const obstacle = check(evidence);
    if (obstacle) return obstacle;
  }
  const running = pod?.status?.containerStatuses?.some(({ state }) => state?.running);
  return waiting('Starting', !pod ? 'the capture Job has no pod yet' : running ? 'the capture pod runs and has not reported yet' : 'the capture pod starts on the node of its target');
}
