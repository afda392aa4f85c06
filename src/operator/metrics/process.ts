// What on-call asks of the operator's own process: which build it is, processor, memory, open files, and how late its event loop is.
import { collectDefaultMetrics } from 'prom-client';
import type { Metrics } from './registry.js';

/** Gauges that are named as counters are. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/** `version`: of the operator. */
export function measureProcess(metrics: Metrics, version: string): void {
  const { replica } = metrics;
  metrics.set('packetcapture_build_info', 1, { version, node_version: process.version });
  collectDefaultMetrics({ register: replica });
  for (const name of MISNAMED) replica.removeSingleMetric(name);
}
