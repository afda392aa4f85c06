// What the Kubernetes machinery tells of itself: requests, watches that failed, and queues.
import type { RequestInfo } from '../../kube/client.js';
import type { QueueMeter } from '../../kube/work-queue.js';
import type { ControllerName } from './catalogue.js';
import type { Metrics } from './registry.js';

export const requestMeter =
  (metrics: Metrics) =>
  ({ verb, status, durationMs }: RequestInfo): void => {
    metrics.add('packetcapture_kube_requests_total', 1, { verb, code: String(status) });
    metrics.observe('packetcapture_kube_request_duration_seconds', durationMs / 1000, { verb });
  };

export const watchMeter =
  (metrics: Metrics) =>
  (resource: string): void =>
    metrics.add('packetcapture_watch_restarts_total', 1, { resource });

export const queueMeter = (metrics: Metrics, controller: ControllerName): QueueMeter => ({
  depth: (waiting) => metrics.set('packetcapture_workqueue_depth', waiting, { controller }),
  handled: (durationMs, failed) => {
    metrics.observe('packetcapture_reconcile_duration_seconds', durationMs / 1000, { controller });
    if (failed) metrics.add('packetcapture_reconcile_errors_total', 1, { controller });
  },
});
