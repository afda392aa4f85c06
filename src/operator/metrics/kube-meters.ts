// What the Kubernetes machinery tells of itself: requests, watches that failed, and queues.
import { CAPTURE_DOWNLOADS, CLUSTER_CAPTURE_DESTINATIONS, PACKET_CAPTURES } from '../../api/kinds.js';
import type { RequestInfo } from '../../kube/client.js';
import { CONFIG_MAPS, DAEMON_SETS, DEPLOYMENTS, JOBS, PODS, REPLICA_SETS, SECRETS, SERVICES, STATEFUL_SETS } from '../../kube/resources.js';
import type { QueueMeter } from '../../kube/work-queue.js';
import type { WatchMeter } from '../caches.js';
import type { ControllerName } from './catalogue.js';
import type { Metrics } from './registry.js';

const VERBS: readonly RequestInfo['verb'][] = ['get', 'list', 'create', 'update', 'patch', 'delete', 'watch'];
const WATCHED = [PACKET_CAPTURES, CLUSTER_CAPTURE_DESTINATIONS, CAPTURE_DOWNLOADS, CONFIG_MAPS, JOBS, PODS, SECRETS, DEPLOYMENTS, STATEFUL_SETS, DAEMON_SETS, REPLICA_SETS, SERVICES];

export function requestMeter(metrics: Metrics): (request: RequestInfo) => void {
  for (const verb of VERBS) metrics.begin('packetcapture_kube_requests_total', { verb, code: '0' });
  return ({ verb, status, durationMs }) => {
    metrics.add('packetcapture_kube_requests_total', 1, { verb, code: String(status) });
    metrics.observe('packetcapture_kube_request_duration_seconds', durationMs / 1000, { verb });
  };
}

export function watchMeter(metrics: Metrics): WatchMeter {
  for (const { plural } of WATCHED) metrics.begin('packetcapture_watch_restarts_total', { resource: plural });
  return (resource) => metrics.add('packetcapture_watch_restarts_total', 1, { resource });
}

export const queueMeter = (metrics: Metrics, controller: ControllerName): QueueMeter => ({
  depth: (waiting) => metrics.set('packetcapture_workqueue_depth', waiting, { controller }),
  handled: (durationMs, failed) => {
    metrics.observe('packetcapture_reconcile_duration_seconds', durationMs / 1000, { controller });
    if (failed) metrics.add('packetcapture_reconcile_errors_total', 1, { controller });
  },
});
