// Reconciles one destination: asks the bucket by a small object, and says in its status what the bucket answered.
import { captureDestinationSpecSchema, type CaptureDestinationStatus } from '../api/destination.js';
import type { Condition } from '../api/fields.js';
import type { EventRecorder } from '../kube/events.js';
import type { Kube } from '../kube/kube.js';
import type { Log } from '../kube/log.js';
import { objectKey } from '../kube/object.js';
import type { HandlerResult } from '../kube/work-queue.js';
import { credentialsOf, destinationProblem, type DestinationObject } from '../plan/destination.js';
import { credentialsFrom } from '../storage/credentials.js';
import { probe, probeKey } from '../storage/probe.js';
import { createS3Store } from '../storage/s3.js';
import type { Caches } from './caches.js';
import { API_KIND, CLUSTER_CAPTURE_DESTINATIONS } from './kinds.js';

export interface DestinationEffects {
  kube: Kube;
  caches: Caches;
  systemNamespace: string;
  probeIntervalMs: number;
  events: EventRecorder;
  log: Log;
  now: () => number;
}

interface Finding {
  ready: boolean;
  reason: string;
  message: string;
}

const PROBE_TIMEOUT_MS = 30_000;
/** A bucket that refused is asked again sooner: somebody may be mending it. */
const RETRY_INTERVAL_MS = 15_000;

export class DestinationController {
  /** What was probed last, so that only another spec, other keys or time ask the bucket again. */
  private readonly probed = new Map<string, { fingerprint: string; atMs: number }>();

  constructor(private readonly effects: DestinationEffects) {}

  async reconcile(name: string): Promise<HandlerResult> {
    const destination = this.effects.caches.destinations.store.get(objectKey(undefined, name));
    if (!destination) {
      this.probed.delete(name);
      return {};
    }
    const { now, probeIntervalMs } = this.effects;
    const secret = this.secretOf(destination);
    const fingerprint = `${destination.metadata.uid} ${destination.metadata.generation} ${secret?.metadata.uid} ${secret?.metadata.resourceVersion}`;
    const last = this.probed.get(name);
    const ready = readyOf(destination.status)?.status === 'True';
    const dueMs = last?.fingerprint === fingerprint ? last.atMs + (ready ? probeIntervalMs : RETRY_INTERVAL_MS) - now() : 0;
    if (dueMs > 0) return { requeueAfterMs: dueMs };

    const finding = await this.ask(destination);
    await this.write(destination, finding);
    this.probed.set(name, { fingerprint, atMs: now() });
    return { requeueAfterMs: finding.ready ? probeIntervalMs : RETRY_INTERVAL_MS };
  }

  private secretOf(destination: DestinationObject) {
    const spec = captureDestinationSpecSchema.safeParse(destination.spec);
    const { systemNamespace, caches } = this.effects;
    return spec.success ? caches.keys.store.get(objectKey(systemNamespace, spec.data.s3.auth.secretRef.name)) : undefined;
  }

  private async ask(destination: DestinationObject): Promise<Finding> {
    const problem = destinationProblem(destination.spec);
    if (problem) return { ready: false, reason: problem.reason, message: problem.message };
    const { s3 } = captureDestinationSpecSchema.parse(destination.spec);
    const { systemNamespace, now } = this.effects;
    const credentials = credentialsOf(s3.auth.secretRef.name, systemNamespace, this.secretOf(destination));
    if (credentials.problem !== undefined) return { ready: false, reason: 'CredentialsNotFound', message: credentials.problem };
    const plain = Object.fromEntries(Object.entries(credentials.data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]));
    const store = createS3Store({
      ...(s3.endpoint !== undefined && { endpoint: s3.endpoint }),
      region: s3.region,
      bucket: s3.bucket,
      addressing: s3.addressing,
      credentials: () => Promise.resolve().then(() => credentialsFrom(plain, `Secret "${systemNamespace}/${s3.auth.secretRef.name}"`)),
    });
    const error = await probe(store, probeKey(s3.prefix ?? ''), now, AbortSignal.timeout(PROBE_TIMEOUT_MS));
    return error ? { ready: false, reason: error.reason, message: error.message } : { ready: true, reason: 'BucketUsable', message: `an object was written to bucket "${s3.bucket}", read back and removed` };
  }

  private async write(destination: DestinationObject, { ready, reason, message }: Finding): Promise<void> {
    const { kube, events, now } = this.effects;
    const { name, uid, generation, resourceVersion } = destination.metadata;
    const before = readyOf(destination.status);
    const status = ready ? 'True' : 'False';
    const time = new Date(now()).toISOString().replace(/\.\d{3}Z$/, 'Z');
    const condition: Condition = { type: 'Ready', status, reason, message, observedGeneration: generation ?? 0, lastTransitionTime: before?.status === status && before.lastTransitionTime ? before.lastTransitionTime : time };
    const next: CaptureDestinationStatus = { observedGeneration: generation ?? 0, lastProbeTime: time, conditions: [condition] };
    await kube.patch(CLUSTER_CAPTURE_DESTINATIONS, undefined, name, { metadata: { uid, resourceVersion }, status: next }, { type: 'merge', subresource: 'status' });
    if (before?.status !== status || before.reason !== reason) {
      events.event({ apiVersion: 'packetcapture.dev/v1alpha1', kind: API_KIND.destination, name, uid }, ready ? 'Normal' : 'Warning', reason, message);
    }
  }
}

const readyOf = (status: CaptureDestinationStatus | undefined): Condition | undefined => status?.conditions?.find((c) => c.type === 'Ready');
