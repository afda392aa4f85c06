// What a leader does: the controllers, and which change makes which of them look again. A standby has none of it running.
import { LABEL } from '../api/group.js';
import { createEventRecorder } from '../kube/events.js';
import { pause, systemClock } from '../kube/clock.js';
import type { Kube } from '../kube/kube.js';
import type { Log } from '../kube/log.js';
import { keyOf, type KubeObject } from '../kube/object.js';
import type { ReflectorEvent } from '../kube/reflector.js';
import { WorkQueue } from '../kube/work-queue.js';
import type { PlanConfig } from '../plan/config.js';
import { usabilityOf } from '../plan/destination.js';
import { isSameJSON } from '../plan/identity.js';
import { mayName } from '../plan/selection.js';
import type { Effects } from './act.js';
import { Admission } from './admission.js';
import { liveRecords, type Caches } from './caches.js';
import { CaptureController } from './capture-controller.js';
import type { OperatorConfig } from './config.js';
import { DestinationController } from './destination-controller.js';
import { Downloads } from './downloads.js';
import { DestinationSources } from './destination-sources.js';
import { ECHO_MS, isOfJob, isOfOwnObject, isOfPod } from './echoes.js';
import { FilterCheck } from './filter-check.js';
import { queueMeter, watchMeter } from './metrics/kube-meters.js';
import type { Metrics } from './metrics/registry.js';
import { RunMeter } from './metrics/runs.js';
import { Leftovers } from './leftovers.js';
import { Reports } from './reports.js';
import { Skeleton } from './skeleton.js';
import { SWEEP_KEY, SweepController } from './sweep-controller.js';
import { TargetPods } from './target-pods.js';
import { Workloads } from './workloads.js';

export interface Parts {
  kube: Kube;
  config: OperatorConfig & PlanConfig;
  /** Synced. */
  caches: Caches;
  log: Log;
  metrics: Metrics;
}

export interface Controllers {
  /** Begins nothing more and waits for what is under way, for `graceMs` at most. The caches stay as they are. */
  stop(graceMs: number): Promise<void>;
}

/** Starts them, with everything there is to be looked at. */
export async function startControllers({ kube, config, caches, log, metrics }: Parts): Promise<Controllers> {
  const { systemNamespace, jobsNamespace } = config;
  const now = Date.now;
  // Of a capture that is gone only its runs are looked after, together with all others of that kind.
  const namespaceOf = (uid: string): string => caches.captures.store.byIndex('uid', uid)[0]?.metadata.namespace ?? '';
  const captures = new WorkQueue({ workers: config.workers, backoff: { initialMs: 50, maxMs: 60_000 }, log, ownerOf: namespaceOf, meter: queueMeter(metrics, 'capture') });
  const destinations = new WorkQueue({ workers: 2, backoff: { initialMs: 500, maxMs: 60_000 }, log, meter: queueMeter(metrics, 'destination') });
  const sweeps = new WorkQueue({ workers: 1, backoff: { initialMs: 500, maxMs: 60_000 }, log, meter: queueMeter(metrics, 'sweep') });
  const onFailed = watchMeter(metrics);
  const lookAgain = (uid: string): void => captures.add(uid);
  const lookAt = (uid: string, isEcho: boolean, needed?: () => boolean): void => (isEcho ? captures.addWithin(uid, ECHO_MS, needed) : captures.add(uid));
  const statusWritten: Effects['statusWritten'] = new Map();
  const isAsWritten = (uid: string): boolean => caches.captures.store.byIndex('uid', uid)[0]?.metadata.resourceVersion === (statusWritten.get(uid)?.resourceVersion ?? '');
  const lookAfterSweeps = (): void => sweeps.add(SWEEP_KEY);

  const targetPods = new TargetPods(kube, log, (uid, pod) => {
    const capture = caches.captures.store.byIndex('uid', uid)[0];
    if (!capture || mayName(capture.spec, pod)) captures.add(uid);
  }, onFailed);
  const workloads = new Workloads(kube, log, lookAgain, onFailed);
  const sources = new DestinationSources(kube, systemNamespace, log, () => everything(), onFailed);
  const events = createEventRecorder(kube, { component: 'packetcapture-operator', instance: config.podName ?? 'packetcapture-operator', log });
  const leftovers = new Leftovers({ kube, jobsNamespace, retentionSeconds: config.spoolRetentionSeconds, now, onNoted: lookAfterSweeps });
  const sweepController = new SweepController({ kube, config, caches, leftovers, events, log, now });
  const skeleton = new Skeleton({ kube, log, caches, onCapture: (uid, isEcho) => lookAt(uid, isEcho, () => !isAsWritten(uid)), onDestination: (name) => destinations.add(name) });
  const refusedJobs = new Map<string, string>();
  const admission = new Admission({ records: caches.records.store, limits: { namespace: config.maxCapturesPerNamespace, node: config.maxCapturesPerNode }, wake: lookAgain, now });
  const reports = new Reports(kube, log, now);
  const captureController = new CaptureController(
    { kube, config, caches, sources, targetPods, workloads, reports, filters: new FilterCheck(log), admission, refusedJobs, lookAgain, now },
    { kube, jobsNamespace, finalizers: skeleton, events, log, now, statusWritten, leftovers, refusedJobs },
    new RunMeter(metrics),
    log,
  );
  const destinationController = new DestinationController({ kube, caches, sources, systemNamespace, jobsNamespace, probeIntervalMs: config.probeIntervalMs, events, log, now });

  const downloads = new Downloads({ kube, caches, sources, reports, systemNamespace, jobsNamespace, expiryMs: config.downloadExpiryMs, log, now }, { meter: queueMeter(metrics, 'download'), onFailed });

  const everyCapture = (): void => caches.captures.store.list().forEach(({ metadata }) => captures.add(metadata.uid));
  const everyDestination = (): void => caches.destinations.store.list().forEach(({ metadata }) => destinations.add(metadata.name));
  const everything = (): void => {
    everyDestination();
    everyCapture();
  };
  const captureOf = (object: KubeObject, isEcho = false): void => {
    const uid = object.metadata.labels?.[LABEL.captureUID];
    if (uid !== undefined) lookAt(uid, isEcho);
  };
  const ofCaptures = [[caches.records, isOfOwnObject], [caches.secrets, isOfOwnObject], [caches.jobs, isOfJob], [caches.pods, isOfPod]] as const;
  for (const [reflector, isEcho] of ofCaptures) reflector.addHandler((event: ReflectorEvent<KubeObject>) => captureOf(event.object, isEcho(event)));
  caches.captures.addHandler(({ key, type }) => type === 'ADDED' && downloads.captureChanged(key));
  caches.records.addHandler(({ object }) => caches.captures.store.byIndex('uid', object.metadata.name).forEach((capture) => downloads.captureChanged(keyOf(capture))));
  for (const reflector of [caches.jobs, caches.pods]) {
    reflector.addHandler(({ object }: { object: KubeObject }) => {
      if (object.metadata.labels?.[LABEL.component] === 'sweep') lookAfterSweeps();
    });
  }
  // A probe that finds what the last one found changes nothing for captures.
  caches.destinations.addHandler(({ object, previous }) => {
    if (previous && isSameJSON(usabilityOf(object), usabilityOf(previous))) return;
    everyCapture();
    // Of several defaults each says which one is.
    everyDestination();
    downloads.destinationsChanged();
  });

  caches.records.addHandler(({ object, previous }) => admission.recordChanged(object, previous));

  await skeleton.start();
  everything();
  // Of captures that are gone too.
  for (const [{ store }] of ofCaptures) store.list().forEach((object: KubeObject) => captureOf(object));
  const records = await liveRecords(kube, jobsNamespace);
  admission.begin(caches.captures.store.list().map(({ metadata }) => metadata.uid), records);
  lookAfterSweeps();
  const queues = [captures, destinations, sweeps];
  void captures.run((uid) => captureController.reconcile(uid));
  void destinations.run((name) => destinationController.reconcile(name));
  void sweeps.run(() => sweepController.reconcile());
  downloads.start();

  return {
    async stop(graceMs) {
      const stopped = Promise.all([...queues.map((queue) => queue.shutdown(0)), downloads.stop()]).then(() => events.flush());
      await Promise.race([stopped, pause(systemClock, graceMs)]);
      skeleton.stop();
      await Promise.all([targetPods.stop(), workloads.stop(), sources.stop()]);
    },
  };
}
