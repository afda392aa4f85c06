// Reconciles one destination: asks the bucket by a small object, and says in its status what the bucket answered.
import { captureDestinationSpecSchema, type CaptureDestinationStatus } from '../api/destination.js';
import type { Condition } from '../api/fields.js';
import { CONDITION, DESTINATION_REASON } from '../api/reasons.js';
import type { EventRecorder } from '../kube/events.js';
import type { Kube } from '../kube/kube.js';
import type { Log } from '../kube/log.js';
import { objectKey } from '../kube/object.js';
import type { HandlerResult } from '../kube/work-queue.js';
import { defaultVerdict } from '../plan/default-destination.js';
import type { DestinationObject } from '../plan/destination.js';
import { destinationProblem } from '../plan/destination-rules.js';
import { beside, REPEATS_READY } from '../plan/destination-readiness.js';
import { verdict, type Verdict } from '../plan/verdict.js';
import { probe, probeKey } from '../storage/probe.js';
import { ENCRYPTION_HEADER, encryptionHeaders } from '../storage/s3/encryption.js';
import { createS3Store } from '../storage/s3.js';
import type { Caches } from './caches.js';
import type { DestinationSources } from './destination-sources.js';
import { API_KIND, CLUSTER_CAPTURE_DESTINATIONS } from '../api/kinds.js';
import { signerOf } from './probe-identity.js';

export interface DestinationEffects {
  kube: Kube;
  caches: Pick<Caches, 'destinations'>;
  sources: Pick<DestinationSources, 'need' | 'referred' | 'release'>;
  systemNamespace: string;
  jobsNamespace: string;
  probeIntervalMs: number;
  events: EventRecorder;
  log: Log;
  now: () => number;
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
      this.effects.sources.release(name);
      return {};
    }
    const { now, probeIntervalMs, caches, sources } = this.effects;
    sources.release(name, destination.spec);
    await sources.need(destination);
    const referred = sources.referred(destination.spec);
    const fingerprint = `${destination.metadata.uid} ${destination.metadata.generation} ${referred?.version}`;
    const last = this.probed.get(name);
    const ready = conditionOf(destination.status, CONDITION.ready)?.status === 'True';
    const dueMs = last?.fingerprint === fingerprint ? last.atMs + (ready ? probeIntervalMs : RETRY_INTERVAL_MS) - now() : 0;
    const claim = defaultVerdict(destination, caches.destinations.store.list());
    if (dueMs > 0) {
      if (!says(destination.status, claim)) await this.write(destination, claim);
      return { requeueAfterMs: dueMs };
    }

    const finding = await this.ask(destination);
    await this.write(destination, claim, finding);
    this.probed.set(name, { fingerprint, atMs: now() });
    return { requeueAfterMs: finding.status === 'True' ? probeIntervalMs : RETRY_INTERVAL_MS };
  }

  private async ask(destination: DestinationObject): Promise<Verdict> {
    const problem = destinationProblem(destination.spec);
    if (problem) return notReady(problem);
    const { s3 } = captureDestinationSpecSchema.parse(destination.spec);
    const { sources, now } = this.effects;
    const { credentials, authorities } = sources.referred(destination.spec) as NonNullable<ReturnType<typeof sources.referred>>;
    if (credentials.problem !== undefined) return notReady({ reason: DESTINATION_REASON.credentialsNotFound, message: credentials.problem });
    if (authorities.problem) return notReady(authorities.problem);
    const signer = await signerOf(s3, credentials.data, authorities.pem, this.effects);
    if (signer.verdict) return signer.verdict;
    const store = createS3Store({
      ...(s3.endpoint !== undefined && { endpoint: s3.endpoint }),
      region: s3.region,
      bucket: s3.bucket,
      addressing: s3.addressing,
      encryption: s3.encryption,
      authorities: () => Promise.resolve(authorities.pem),
      credentials: signer.credentials,
    });
    const error = await probe(store, probeKey(s3.prefix ?? ''), now, AbortSignal.timeout(PROBE_TIMEOUT_MS), { encryption: encryptionHeaders(s3.encryption)[ENCRYPTION_HEADER] });
    return error ? notReady(error) : verdict(CONDITION.ready, 'True', DESTINATION_REASON.bucketUsable, `an object was written to bucket "${s3.bucket}", read back and removed`);
  }

  /** Writes status: what a probe found, where there was one, and how the destination stands as the default. */
  private async write(destination: DestinationObject, claim: Verdict | undefined, finding?: Verdict): Promise<void> {
    const { kube, events, now } = this.effects;
    const { name, uid, generation, resourceVersion } = destination.metadata;
    const time = new Date(now()).toISOString().replace(/\.\d{3}Z$/, 'Z');
    const stamp = (v: Verdict): Condition => {
      const before = conditionOf(destination.status, v.type);
      return { ...v, observedGeneration: generation ?? 0, lastTransitionTime: before?.status === v.status && before.lastTransitionTime ? before.lastTransitionTime : time };
    };
    const before = conditionOf(destination.status, CONDITION.ready);
    const found = finding ? [finding, ...beside(finding)].map(stamp) : (destination.status?.conditions ?? []).filter(({ type }) => REPEATS_READY.has(type ?? ''));
    const conditions = [...found, ...(claim ? [stamp(claim)] : [])];
    const status: CaptureDestinationStatus = { ...(finding && { observedGeneration: generation ?? 0, lastProbeTime: time }), conditions };
    await kube.patch(CLUSTER_CAPTURE_DESTINATIONS, undefined, name, { metadata: { uid, resourceVersion }, status }, { type: 'merge', subresource: 'status' });
    if (finding && (before?.status !== finding.status || before.reason !== finding.reason)) {
      events.event({ apiVersion: 'packetcapture.dev/v1alpha1', kind: API_KIND.destination, name, uid }, finding.status === 'True' ? 'Normal' : 'Warning', finding.reason, finding.message);
    }
  }
}

const conditionOf = (status: CaptureDestinationStatus | undefined, type: string): Condition | undefined => status?.conditions?.find((c) => c.type === type);

const notReady = ({ reason, message }: { reason: string; message: string }): Verdict => verdict(CONDITION.ready, 'False', reason, message);

/** Whether a status has this condition of its type, or none where there is none to have. */
function says(status: CaptureDestinationStatus | undefined, claim: Verdict | undefined): boolean {
  const there = conditionOf(status, CONDITION.default);
  return there?.status === claim?.status && there?.reason === claim?.reason && there?.message === claim?.message;
}
