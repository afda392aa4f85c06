// Wiring of the operator: builds the parts, connects what changes to what has to be looked at again, runs until told to stop.
import { KubeConfig } from '@kubernetes/client-node';
import { pino } from 'pino';
import { LABEL } from '../api/group.js';
import { createKube } from '../kube/client.js';
import { createEventRecorder } from '../kube/events.js';
import type { KubeObject } from '../kube/object.js';
import { WorkQueue } from '../kube/work-queue.js';
import { createCaches } from './caches.js';
import { CaptureController } from './capture-controller.js';
import { parseConfig } from './config.js';
import { DestinationController } from './destination-controller.js';
import { caNameOf } from './destination-secrets.js';
import { FilterCheck } from './filter-check.js';
import { startHealthServer } from './health.js';
import { canonical } from '../plan/identity.js';
import { usabilityOf } from '../plan/destination.js';
import { mayName } from '../plan/selection.js';
import { agentImage } from './own-pod.js';
import { Reports } from './reports.js';
import { Leftovers } from './leftovers.js';
import { SWEEP_KEY, SweepController } from './sweep-controller.js';
import { Skeleton } from './skeleton.js';
import { TargetPods } from './target-pods.js';
import { Workloads } from './workloads.js';

const SHUTDOWN_GRACE_MS = 10_000;

export async function runOperator(args: string[]): Promise<number> {
  const config = parseConfig(args, process.env);
  const log = pino({ level: config.logLevel }, pino.destination({ dest: 2, sync: true }));
  const now = Date.now;
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromDefault();
  const kube = createKube(kubeConfig, { userAgent: `packetcapture/${process.env['PACKETCAPTURE_VERSION'] ?? 'dev'}` });
  const planConfig = { ...config, ...(await agentImage(config, kube)) };
  const { systemNamespace, jobsNamespace } = config;

  const captures = new WorkQueue({ workers: config.workers, backoff: { initialMs: 50, maxMs: 60_000 }, log });
  const destinations = new WorkQueue({ workers: 2, backoff: { initialMs: 500, maxMs: 60_000 }, log });
  const caches = createCaches(kube, jobsNamespace, systemNamespace, log);
  const targetPods = new TargetPods(kube, log, (uid, pod) => {
    const capture = caches.captures.store.byIndex('uid', uid)[0];
    if (!capture || mayName(capture.spec, pod)) captures.add(uid);
  });
  const workloads = new Workloads(kube, log, (uid) => captures.add(uid));
  const events = createEventRecorder(kube, { component: 'packetcapture-operator', instance: config.podName ?? 'packetcapture-operator', log });

  const sweeps = new WorkQueue({ workers: 1, backoff: { initialMs: 500, maxMs: 60_000 }, log });
  const lookAfterSweeps = (): void => sweeps.add(SWEEP_KEY);
  const leftovers = new Leftovers({ kube, jobsNamespace, retentionSeconds: config.spoolRetentionSeconds, now, onNoted: lookAfterSweeps });
  const sweepController = new SweepController({ kube, config: planConfig, caches, leftovers, events, log, now });
  for (const reflector of [caches.jobs, caches.pods]) {
    reflector.addHandler(({ object }: { object: KubeObject }) => {
      if (object.metadata.labels?.[LABEL.component] === 'sweep') lookAfterSweeps();
    });
  }

  const captureOf = ({ object }: { object: KubeObject }): void => {
    const uid = object.metadata.labels?.[LABEL.captureUID];
    if (uid !== undefined) captures.add(uid);
  };
  for (const reflector of [caches.records, caches.jobs, caches.pods, caches.secrets]) reflector.addHandler(captureOf);
  const everyCapture = (): void => caches.captures.store.list().forEach(({ metadata }) => captures.add(metadata.uid));
  const everyDestination = (): void => caches.destinations.store.list().forEach(({ metadata }) => destinations.add(metadata.name));
  // A probe that finds what the last one found changes nothing for captures.
  caches.destinations.addHandler(({ object, previous }) => {
    if (previous && canonical(usabilityOf(object)) === canonical(usabilityOf(previous))) return;
    everyCapture();
    // Of several defaults each says which one is.
    everyDestination();
  });
  const everything = (): void => {
    everyDestination();
    everyCapture();
  };
  caches.keys.addHandler(everything);
  // The namespace's other ConfigMaps may change every second.
  caches.authorities.addHandler(({ object }) => {
    if (caches.destinations.store.list().some((destination) => caNameOf(destination.spec) === object.metadata.name)) everything();
  });

  const skeleton = new Skeleton({ kube, log, caches, onCapture: (uid) => captures.add(uid), onDestination: (name) => destinations.add(name) });
  const refusedJobs = new Map<string, string>();
  const lookAgain = (uid: string): void => captures.add(uid);
  const controller = new CaptureController(
    { kube, config: planConfig, systemNamespace, caches, targetPods, workloads, reports: new Reports(kube, log, now), filters: new FilterCheck(log), refusedJobs, lookAgain, now },
    { kube, jobsNamespace, finalizers: skeleton, events, log, now, statusWrittenMs: new Map(), leftovers, refusedJobs },
    log,
  );
  const destinationController = new DestinationController({ kube, caches, systemNamespace, probeIntervalMs: config.probeIntervalMs, events, log, now });

  let ready = false;
  const health = await startHealthServer(config.healthPort, () => ready);
  const children = [caches.records, caches.jobs, caches.pods, caches.secrets, caches.keys, caches.authorities];
  for (const reflector of children) reflector.start();
  await Promise.all(children.map((reflector) => reflector.hasSynced));
  await skeleton.start();
  ready = true;
  log.info({ image: planConfig.agentImage, jobsNamespace }, 'operator runs');

  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
  });
  lookAfterSweeps();
  const running = Promise.all([sweeps.run(() => sweepController.reconcile()), captures.run((uid) => controller.reconcile(uid)), destinations.run((name) => destinationController.reconcile(name))]);
  await stopped;
  log.info({}, 'operator stops');
  ready = false;
  await Promise.all([sweeps.shutdown(SHUTDOWN_GRACE_MS), captures.shutdown(SHUTDOWN_GRACE_MS), destinations.shutdown(SHUTDOWN_GRACE_MS)]);
  await running;
  skeleton.stop();
  await Promise.all([...children.map((reflector) => reflector.stop()), targetPods.stop(), workloads.stop(), events.flush()]);
  health.close();
  kube.close();
  return 0;
}
