// Which pod may be captured: it has an IP and is not terminal. Crash loops keep their network namespace and are fine.
import { isTerminal, podIPs, type PodObject } from './objects.js';
import { refused, waiting, type Obstacle } from './waiting.js';

const MIRROR_POD_ANNOTATION = 'kubernetes.io/config.mirror';

/** What keeps a pod from being captured; undefined where nothing does. */
export function targetObstacle(podName: string, namespace: string, pod: PodObject | undefined, allowHostNetwork: boolean): Obstacle | undefined {
  if (!pod) return waiting('TargetNotFound', `pod "${podName}" does not exist in namespace "${namespace}"; capturing starts when it appears`);
  if (pod.metadata.annotations?.[MIRROR_POD_ANNOTATION] !== undefined) {
    return refused('StaticPodRefused', `pod "${podName}" is a static pod: its UID in the API is not the one that its processes carry on the node; name another pod`);
  }
  if (pod.spec.hostNetwork === true && !allowHostNetwork) {
    return refused('HostNetworkRefused', `pod "${podName}" is on the node's own network: its packets are everybody's on that node; name another pod, or have the operator run with --allow-host-network`);
  }
  if (pod.metadata.deletionTimestamp !== undefined) return waiting('TargetTerminating', `pod "${podName}" is being deleted; capturing starts when a new pod of that name appears`);
  if (isTerminal(pod)) return waiting('TargetTerminated', `pod "${podName}" has ended (${pod.status?.phase}); capturing starts when a new pod of that name appears`);
  if (pod.spec.nodeName === undefined || pod.spec.nodeName === '') return waiting('TargetNotScheduled', `pod "${podName}" is not scheduled to a node yet; capturing starts when it is`);
  if (podIPs(pod).length === 0) return waiting('TargetNotReady', `pod "${podName}" has no IP address yet; capturing starts when it has`);
  return undefined;
}

/** Whether a pod that was a target is gone for good: absent, replaced by another UID, or terminal. */
export const targetIsGone = (podUID: string, pod: PodObject | undefined): boolean => pod?.metadata.uid !== podUID || isTerminal(pod);
