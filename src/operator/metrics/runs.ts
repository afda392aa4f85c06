// Counts what is new of each capture's runs at each look at it; what is new is decided in plan/metering.
import { meter, type Counted, type Increments } from '../../plan/metering/meter.js';
import { spoolsOf, type SpoolUse } from '../../plan/metering/spools.js';
import type { Plan } from '../../plan/plan.js';
import type { Observed } from '../observe.js';
import { LOSS_REASONS, UPLOAD_ERRORS } from './catalogue.js';
import type { Metrics } from './registry.js';

export class RunMeter {
  /** By the capture's UID, until it is settled. */
  private readonly captures = new Map<string, { counted: Counted; spools: SpoolUse[] }>();

  constructor(private readonly metrics: Metrics) {
    metrics.beforeScrape(() => this.showSpools());
  }

  look(uid: string, { world, known }: Observed, { record }: Plan): void {
    if (!record) return;
    const { counted, increments } = meter(this.captures.get(uid)?.counted, { stored: known.record, status: known.capture?.status, record, report: (podUID) => world.report(podUID) });
    this.captures.set(uid, { counted, spools: spoolsOf(record, { pods: world.pods, report: (podUID) => world.report(podUID) }) });
    this.count(increments);
  }

  /** Nothing of the capture changes any more, or it is gone: a later look finds all of it counted in its record. */
  release(uid: string): void {
    this.captures.delete(uid);
  }

  private count({ amounts: { numbers, lost }, startSeconds, uploads }: Increments): void {
    const { metrics } = this;
    metrics.add('packetcapture_captured_packets_total', numbers.capturedPackets);
    metrics.add('packetcapture_captured_bytes_total', numbers.capturedBytes);
    metrics.add('packetcapture_uploaded_packets_total', numbers.uploadedPackets);
    metrics.add('packetcapture_uploaded_bytes_total', numbers.uploadedBytes);
    metrics.add('packetcapture_released_packets_total', numbers.releasedPackets);
    metrics.add('packetcapture_gaps_total', numbers.gaps);
    metrics.add('packetcapture_gap_seconds_total', numbers.gapSeconds);
    metrics.add('packetcapture_runs_finished_total', numbers.complete, { outcome: 'Complete' });
    metrics.add('packetcapture_runs_finished_total', numbers.failed, { outcome: 'Failed' });
    for (const [reason, packets] of Object.entries(lost)) metrics.add('packetcapture_lost_packets_total', packets, { reason: known(LOSS_REASONS, reason) });
    for (const seconds of startSeconds) metrics.observe('packetcapture_run_start_duration_seconds', seconds);
    for (const { counts, seconds, errors } of uploads) {
      metrics.addObservations('packetcapture_upload_duration_seconds', counts, seconds);
      for (const [reason, tries] of Object.entries(errors)) metrics.add('packetcapture_upload_errors_total', tries, { reason: known(UPLOAD_ERRORS, reason) });
    }
  }

  /** Summed over all captures of a node and a policy; where there are none, there is none. */
  private showSpools(): void {
    const sums = new Map<string, SpoolUse>();
    for (const use of [...this.captures.values()].flatMap(({ spools }) => spools)) {
      const key = `${use.node} ${use.policy}`;
      const { usedBytes, maxBytes } = sums.get(key) ?? { usedBytes: 0, maxBytes: 0 };
      sums.set(key, { ...use, usedBytes: usedBytes + use.usedBytes, maxBytes: maxBytes + use.maxBytes });
    }
    this.metrics.reset('packetcapture_spool_used_bytes');
    this.metrics.reset('packetcapture_spool_limit_bytes');
    for (const { node, policy, usedBytes, maxBytes } of sums.values()) {
      this.metrics.set('packetcapture_spool_used_bytes', usedBytes, { node, policy });
      this.metrics.set('packetcapture_spool_limit_bytes', maxBytes, { node, policy });
    }
  }
}

/** A word of another version has no series of its own. */
const known = <T extends string>(all: readonly T[], word: string): T | 'Other' => all.find((one) => one === word) ?? 'Other';
