// Captures under test: applied like a user's, awaited by their conditions.
import type { PacketCaptureStatus } from '../../../src/api/packetcapture-status.js';
import { LABEL } from '../../../src/api/group.js';
import { eventually } from '../../integration/eventually.js';
import { apply, get, kubectl, list } from './kubectl.js';

export const CAPTURES = 'packetcaptures.packetcapture.dev';
export const JOBS_NAMESPACE = 'packetcapture-jobs';

export interface Capture {
  metadata: { name: string; namespace: string; uid: string; generation: number; finalizers?: string[]; annotations?: Record<string, string> };
  status?: PacketCaptureStatus;
}

interface Meta {
  metadata: { name: string; uid: string; creationTimestamp: string; annotations?: Record<string, string>; deletionTimestamp?: string };
  spec: { nodeName?: string };
  status?: { phase?: string; containerStatuses?: { state: { terminated?: object } }[] };
}

export const captureObject = (namespace: string, name: string, spec: object, metadata: object = {}): object => ({
  apiVersion: 'packetcapture.dev/v1alpha1',
  kind: 'PacketCapture',
  metadata: { name, namespace, ...metadata },
  spec,
});

export const applyCapture = (namespace: string, name: string, spec: object, metadata: object = {}): Promise<string> => apply(captureObject(namespace, name, spec, metadata));

export const capture = (namespace: string, name: string): Promise<Capture | undefined> => get<Capture>(CAPTURES, namespace, name);

export const condition = (object: Capture | undefined, type: string) => object?.status?.conditions?.find((c) => c.type === type);

/** The capture, as soon as `check` holds of it. */
export async function captureThat(namespace: string, name: string, what: string, check: (object: Capture) => boolean, timeoutMs = 100_000): Promise<Capture> {
  let last: Capture | undefined;
  try {
    return await eventually(what, async () => {
      last = await capture(namespace, name);
      return last && check(last) ? last : undefined;
    }, { timeoutMs, everyMs: 200 });
  } catch (error) {
    throw new Error(`${what}: not so within ${timeoutMs} ms; the status is ${JSON.stringify(last?.status, undefined, 1)}`, { cause: error });
  }
}

export const inPhase = (namespace: string, name: string, phase: string, timeoutMs?: number): Promise<Capture> =>
  captureThat(namespace, name, `${name} is ${phase}`, (c) => c.status?.phase === phase, timeoutMs);

export const waitsFor = (namespace: string, name: string, reason: string, timeoutMs?: number): Promise<Capture> =>
  captureThat(namespace, name, `${name} says ${reason}`, (c) => condition(c, 'Ready')?.reason === reason, timeoutMs);

/** Ends its run by the annotation: what a test sent before that was sent while it captured, however long that took on this machine. */
export async function stop(namespace: string, name: string): Promise<void> {
  const id = (await captureThat(namespace, name, 'its run is told', (c) => c.status?.run?.id !== undefined)).status?.run?.id;
  await kubectl(['annotate', '--overwrite', CAPTURES, name, '-n', namespace, `packetcapture.dev/stop=${id}`]);
}

/** Waits as people do. */
export const waitComplete = (namespace: string, name: string, timeoutSeconds = 120): Promise<string> =>
  kubectl(['wait', '--for=condition=Complete', `${CAPTURES}/${name}`, '-n', namespace, `--timeout=${timeoutSeconds}s`]);

const ofCapture = (object: Capture): string => `${LABEL.captureUID}=${object.metadata.uid}`;
export const jobsOf = (object: Capture): Promise<Meta[]> => list<Meta>('jobs', JOBS_NAMESPACE, ofCapture(object));
export const podsOf = (object: Capture): Promise<Meta[]> => list<Meta>('pods', JOBS_NAMESPACE, ofCapture(object));
export const secretsOf = (object: Capture): Promise<Meta[]> => list<Meta>('secrets', JOBS_NAMESPACE, ofCapture(object));
export const recordOf = (object: Capture): Promise<Meta | undefined> => get<Meta>('configmap', JOBS_NAMESPACE, object.metadata.uid);

/** A kubelet of 1.20 keeps the object of a pod whose processes are gone until it has collected its containers, at times for more than a minute. */
export const POD_GONE_MS = 180_000;

/** Resolves once nothing of a capture is left in the jobs namespace but, while the object exists, its record. */
export async function collected(object: Capture, timeoutMs = 60_000 + POD_GONE_MS): Promise<void> {
  await eventually(`Jobs, pods and Secret of ${object.metadata.name} are gone`, async () => (await jobsOf(object)).length + (await podsOf(object)).length + (await secretsOf(object)).length === 0, { timeoutMs, everyMs: 500 });
}
