// The life of an operator's process: caches first, then it stands by, leads, and stops or is stopped.
import { setFlagsFromString } from 'node:v8';
import { KubeConfig } from '@kubernetes/client-node';
import { pino } from 'pino';
import { createKube } from '../kube/client.js';
import { createCaches } from './caches.js';
import { parseConfig } from './config.js';
import { startControllers } from './controllers.js';
import { startHealthServer } from './health.js';
import { createLeadership } from './leadership.js';
import { requestMeter, watchMeter } from './metrics/kube-meters.js';
import { measureObjects } from './metrics/objects.js';
import { measureProcess } from './metrics/process.js';
import { Metrics } from './metrics/registry.js';
import { startMetricsServer } from './metrics/server.js';
import { agentImage } from './own-pod.js';

/** V8 lets a heap grow to a multiple of what lives in it before it collects, the more the larger the node's memory. An operator mostly waits: it has the time to collect sooner. */
const HEAP_GROWS_BY_PERCENT = 30;
/** What many captures leave behind lies scattered over V8's pages, half of each: a collection then moves together what lives, up to 6 MB of it. */
const MOVE_TOGETHER = '--optimize-for-size';
/** What is under way at a clean stop gets so long: a standby waits for it. */
const SHUTDOWN_GRACE_MS = 1000;
/** A process that leads no more ends at once. One that is still there after this hangs. */
const OVERDUE_MS = 20_000;

/** Resolves to the exit code: 0 after SIGTERM or SIGINT, 1 where the lease was lost. The caller ends the process at once. */
export async function runOperator(args: string[]): Promise<number> {
  const config = parseConfig(args, process.env);
  for (const flag of [`--heap-growing-percent=${HEAP_GROWS_BY_PERCENT}`, MOVE_TOGETHER]) setFlagsFromString(flag);
  const log = pino({ level: config.logLevel }, pino.destination({ dest: 2, sync: true }));
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromDefault();
  const version = process.env['PACKETCAPTURE_VERSION'] ?? 'dev';
  const userAgent = `packetcapture/${version}`;
  const stopping = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopping.abort());
  const stopped = new Promise<void>((resolve) => stopping.signal.addEventListener('abort', () => resolve()));

  let isActing = false;
  const metrics = new Metrics({ leads: () => isActing && leadership.leads(), log });
  const onRequest = requestMeter(metrics);
  const leaseKube = createKube(kubeConfig, { userAgent, onRequest });
  const leadership = createLeadership(config, leaseKube, log);
  const kube = createKube(kubeConfig, { userAgent, onRequest, mayWrite: () => leadership.leads() });
  const planConfig = { ...config, ...(await agentImage(config, kube)) };
  const caches = createCaches(kube, config.jobsNamespace, log, watchMeter(metrics));
  let isReady = false;
  const health = await startHealthServer(config.healthPort, {
    ailment: () => (leadership.overdueMs() > OVERDUE_MS ? 'the lease was lost, and the process did not end' : undefined),
    isReady: () => isReady,
  });
  measureProcess(metrics, version);
  measureObjects(metrics, caches);
  const scraped = config.metricsPort === undefined ? undefined : await startMetricsServer(config.metricsPort, metrics, log);

  const reflectors = Object.values(caches) as Pick<typeof caches.records, 'start' | 'stop' | 'hasSynced'>[];
  for (const reflector of reflectors) reflector.start();
  await Promise.race([stopped, Promise.all(reflectors.map(({ hasSynced }) => hasSynced))]);
  isReady = !stopping.signal.aborted;
  log.info({ image: planConfig.agentImage, jobsNamespace: config.jobsNamespace }, 'operator runs');

  if (await leadership.campaign(stopping.signal)) {
    isActing = true;
    const ending = Promise.race([stopped, leadership.lost]);
    // Starting asks the API server too: neither a stop nor a loss waits for its answer.
    const controllers = await Promise.race([startControllers({ kube, config: planConfig, caches, log, metrics }), ending.then(() => undefined)]);
    const lost = await ending;
    if (lost !== undefined) {
      log.error({ reason: lost }, 'operator leads no more, and ends');
      return 1;
    }
    log.info({}, 'operator stops');
    isReady = false;
    await controllers?.stop(SHUTDOWN_GRACE_MS);
    await leadership.release();
  }
  await Promise.all(reflectors.map((reflector) => reflector.stop()));
  health.close();
  scraped?.close();
  kube.close();
  leaseKube.close();
  return 0;
}
