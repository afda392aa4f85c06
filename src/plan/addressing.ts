// Which capture pod may capture: control names one, and the next only when its predecessor has ended.
import { hasEnded, type PodObject } from './objects.js';
import type { RecordNode } from './record.js';

/** Pods of a node's Job. */
export const podsOf = (node: RecordNode, pods: PodObject[]): PodObject[] => pods.filter((pod) => pod.metadata.labels?.['job-name'] === node.jobName);

export const addressedPod = (node: RecordNode, pods: PodObject[]): PodObject | undefined => pods.find((pod) => pod.metadata.uid === node.addressed?.podUID);

/** The pod to address now, where that is another than before. A terminating pod may still run: nobody follows it until its containers have ended, and never will again. */
export function nextAddressed(node: RecordNode, pods: PodObject[]): PodObject | undefined {
  const current = addressedPod(node, pods);
  if (current && !hasEnded(current)) return undefined;
  return podsOf(node, pods)
    .filter((pod) => !hasEnded(pod) && pod.metadata.deletionTimestamp === undefined && pod.metadata.uid !== node.addressed?.podUID)
    .sort((a, b) => (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? '') || a.metadata.name.localeCompare(b.metadata.name))[0];
}
