// How Flux reads any object: the generic rules of kstatus (sigs.k8s.io/cli-utils/pkg/kstatus, README and Compute), in the order in which it asks.

export interface ReadObject {
  metadata: { generation?: number; deletionTimestamp?: string };
  status?: { observedGeneration?: number; conditions?: { type?: string; status?: string; reason?: string; message?: string }[] };
}
export type Status = 'InProgress' | 'Failed' | 'Current' | 'Terminating';

export function kstatus({ metadata, status }: ReadObject): Status {
  if (metadata.deletionTimestamp !== undefined) return 'Terminating';
  if (metadata.generation !== undefined && status?.observedGeneration !== undefined && status.observedGeneration !== metadata.generation) return 'InProgress';
  // The first of the two that is True decides, in the order of the list.
  const abnormal = status?.conditions?.find((c) => (c.type === 'Reconciling' || c.type === 'Stalled') && c.status === 'True');
  if (abnormal) return abnormal.type === 'Stalled' ? 'Failed' : 'InProgress';
  const ready = status?.conditions?.find((c) => c.type === 'Ready');
  return ready && ready.status !== 'True' ? 'InProgress' : 'Current';
}
