// The parts of Kubernetes objects that decisions look at. Times are RFC 3339 strings, as the API writes them.

export interface ObjectMeta {
  name: string;
  namespace?: string;
  uid: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
}

export interface ContainerState {
  waiting?: { reason?: string; message?: string };
  running?: { startedAt?: string };
  terminated?: { exitCode: number; reason?: string; message?: string; finishedAt?: string };
}

export interface PodObject {
  metadata: ObjectMeta;
  spec: { nodeName?: string; hostNetwork?: boolean };
  status?: {
    phase?: string;
    reason?: string;
    message?: string;
    podIP?: string;
    podIPs?: { ip: string }[];
    conditions?: { type: string; status: string; reason?: string; message?: string; lastTransitionTime?: string }[];
    containerStatuses?: { name: string; state?: ContainerState; lastState?: ContainerState; restartCount?: number }[];
  };
}

export interface JobObject {
  metadata: ObjectMeta;
  spec?: { parallelism?: number };
  status?: { active?: number; succeeded?: number; completionTime?: string; failed?: number; conditions?: { type: string; status: string; reason?: string; message?: string }[] };
}

export interface SecretObject {
  metadata: ObjectMeta;
  data?: Record<string, string>;
}

export interface EventObject {
  metadata: ObjectMeta;
  type?: string;
  reason?: string;
  message?: string;
}

export interface NodeObject {
  metadata: ObjectMeta;
  spec?: { unschedulable?: boolean };
  status?: { conditions?: { type: string; status: string; reason?: string; message?: string; lastTransitionTime?: string }[] };
}

export interface CaptureObject {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta & { namespace: string };
  spec: unknown;
  status?: Record<string, unknown>;
}

/** Terminal: its containers do not run and never will again. */
export const isTerminal = (pod: PodObject): boolean => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';

/** What a kubelet says of a container that it cannot find: nobody knows whether it runs. */
const UNKNOWN = 'ContainerStatusUnknown';

/**
 * No process of it runs, and none ever will. A kubelet starts no container of a pod that is being deleted, and lets its object stay for up to
 * a minute after all of them have ended; the phase, which counts with a restart, is still Running then.
 */
export function hasEnded(pod: PodObject): boolean {
  const { deletionTimestamp } = pod.metadata;
  const containers = pod.status?.containerStatuses ?? [];
  return isTerminal(pod) || (deletionTimestamp !== undefined && containers.length > 0 && containers.every(({ state }) => state?.terminated && state.terminated.reason !== UNKNOWN));
}

export const hasStarted = (pod: PodObject | undefined): boolean => pod?.status?.containerStatuses?.some(({ state, lastState }) => state?.running ?? state?.terminated ?? lastState?.terminated) ?? false;

export const isRunning = (pod: PodObject | undefined): boolean => pod?.status?.containerStatuses?.some(({ state }) => state?.running) ?? false;

export const podIPs = (pod: PodObject): string[] => pod.status?.podIPs?.map(({ ip }) => ip) ?? (pod.status?.podIP ? [pod.status.podIP] : []);
