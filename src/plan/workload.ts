// What a workload's pods are told by: its own selector, whatever its kind.
import type { WorkloadRef } from '../api/capture-spec.js';
import type { LabelSelector } from '../api/label-selector.js';
import type { ObjectMeta } from './objects.js';

export interface WorkloadObject {
  metadata: ObjectMeta;
  /** A LabelSelector; of a Service the labels themselves. */
  spec?: { selector?: LabelSelector | Record<string, string> };
}

/** Undefined where it has none: a Service whose endpoints somebody else keeps. */
export function selectorOf({ kind }: WorkloadRef, { spec }: WorkloadObject): LabelSelector | undefined {
  const selector = spec?.selector;
  if (selector === undefined || Object.keys(selector).length === 0) return undefined;
  return kind === 'Service' ? { matchLabels: selector as Record<string, string> } : (selector);
}

const SHORT_NAME: Record<string, string> = { Deployment: 'deploy', StatefulSet: 'sts', DaemonSet: 'ds', ReplicaSet: 'rs', Job: 'job', Service: 'svc' };

/** As kubectl takes it: `deploy/web`. */
export const formatWorkload = ({ kind, name }: WorkloadRef): string => `${SHORT_NAME[kind] ?? kind}/${name}`;
