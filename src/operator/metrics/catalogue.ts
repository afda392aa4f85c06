// Every metric of the operator: names, units and labels by Prometheus' rules. docs/metrics.md and the instruments are made from it.
import { DELIVERY_REASON, DISCARD_REASON } from '../../api/reasons.js';
import { UPLOAD_SECONDS } from '../../protocol/work.js';

export interface Metric {
  type: 'counter' | 'gauge' | 'histogram';
  help: string;
  /** Each with the values it may have, where they are few; each of them is there from the start. */
  labels?: Readonly<Record<string, readonly string[] | 'open'>>;
  /** Upper bounds of a histogram. */
  buckets?: readonly number[];
  /** Of a replica, or of the installation: then only the one that leads has it. */
  of: 'replica' | 'installation';
}

export const PHASES = ['Pending', 'Starting', 'Capturing', 'Uploading', 'Suspended', 'Complete', 'Failed'] as const;
export const CONTROLLERS = ['capture', 'destination', 'download', 'sweep'] as const;
export type ControllerName = (typeof CONTROLLERS)[number];

/** Of packets: what tcpdump says it dropped, and why files were given up against the user's wish. */
export const LOSS_REASONS = ['DroppedByKernel', 'DroppedByInterface', DISCARD_REASON.ringOverwrote, DISCARD_REASON.spoolFull, DISCARD_REASON.spoolLost, DISCARD_REASON.drainExpired, DISCARD_REASON.damaged, 'Other'] as const;
/** What a report or a record says may be news of another version: it is counted as Other. */
export const UPLOAD_ERRORS = [...Object.values(DELIVERY_REASON), 'Other'] as const;

export const METRICS = {
  packetcapture_build_info: { type: 'gauge', of: 'replica', help: 'Always 1: version of the operator and of Node.', labels: { version: 'open', node_version: 'open' } },
  packetcapture_leader: { type: 'gauge', of: 'replica', help: '1 of the replica that acts, 0 of one that stands by.' },

  packetcapture_captures: { type: 'gauge', of: 'installation', help: 'PacketCapture objects, by phase.', labels: { phase: PHASES } },
  packetcapture_captures_queued: { type: 'gauge', of: 'installation', help: 'Captures that wait for a place because of the limits of their namespace or of a node.' },
  packetcapture_runs_finished_total: { type: 'counter', of: 'installation', help: 'Runs whose result is final, by outcome.', labels: { outcome: ['Complete', 'Failed'] } },
  packetcapture_run_start_duration_seconds: { type: 'histogram', of: 'installation', help: "From a run's start to the first tcpdump that listens.", buckets: [0.5, 1, 2, 3, 5, 10, 20, 30, 60, 120, 300] },

  packetcapture_captured_packets_total: { type: 'counter', of: 'installation', help: 'Packets that tcpdump wrote.' },
  packetcapture_captured_bytes_total: { type: 'counter', of: 'installation', help: 'Bytes of the files that tcpdump wrote.' },
  packetcapture_uploaded_packets_total: { type: 'counter', of: 'installation', help: 'Packets that were read back from the bucket.' },
  packetcapture_uploaded_bytes_total: { type: 'counter', of: 'installation', help: 'Bytes of files that were read back from the bucket, before compression.' },
  packetcapture_released_packets_total: { type: 'counter', of: 'installation', help: 'Packets that flight recorders let go when their ring turned, as they were asked to: no loss.' },
  packetcapture_lost_packets_total: { type: 'counter', of: 'installation', help: 'Packets that nobody will see, by reason.', labels: { reason: LOSS_REASONS } },
  packetcapture_pending_packets: { type: 'gauge', of: 'installation', help: 'Packets on nodes that are not in the bucket yet; what a flight recorder holds is among them.' },
  packetcapture_pending_bytes: { type: 'gauge', of: 'installation', help: 'Bytes of files on nodes that are not in the bucket yet; what a flight recorder holds is among them.' },
  packetcapture_gaps_total: { type: 'counter', of: 'installation', help: 'Stretches in which no tcpdump listened to a target though it should have.' },
  packetcapture_gap_seconds_total: { type: 'counter', of: 'installation', help: 'Seconds in which no tcpdump listened to a target though it should have.' },

  packetcapture_upload_duration_seconds: { type: 'histogram', of: 'installation', help: 'Of one file, from the first request of the try that succeeded to its bytes read back.', buckets: UPLOAD_SECONDS },
  packetcapture_upload_errors_total: { type: 'counter', of: 'installation', help: 'Tries to upload a file or a manifest that failed, by reason. Each is tried again.', labels: { reason: UPLOAD_ERRORS } },
  packetcapture_spool_used_bytes: { type: 'gauge', of: 'installation', help: 'What the files of all runs take on a node, by the upload policy: a flight recorder (OnDemand) fills its ring.', labels: { node: 'open', policy: ['Continuous', 'OnDemand'] } },
  packetcapture_spool_limit_bytes: { type: 'gauge', of: 'installation', help: 'What the files of all runs may take on a node, by the upload policy.', labels: { node: 'open', policy: ['Continuous', 'OnDemand'] } },
  packetcapture_destination_ready: { type: 'gauge', of: 'installation', help: '1 of a ClusterCaptureDestination whose bucket was usable when it was probed last, else 0.', labels: { destination: 'open' } },

  packetcapture_reconcile_duration_seconds: { type: 'histogram', of: 'installation', help: 'Of one look at one object, by controller.', labels: { controller: CONTROLLERS }, buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] },
  packetcapture_reconcile_errors_total: { type: 'counter', of: 'installation', help: 'Looks that failed and are tried again, by controller. Conflicts and a busy API server are not among them.', labels: { controller: CONTROLLERS } },
  packetcapture_workqueue_depth: { type: 'gauge', of: 'installation', help: 'Objects that wait to be looked at, by controller.', labels: { controller: CONTROLLERS } },

  packetcapture_watch_restarts_total: { type: 'counter', of: 'replica', help: 'Watches and lists of the API server that failed and were begun anew, by resource. One that ended in its time is not among them.', labels: { resource: 'open' } },
  packetcapture_kube_requests_total: { type: 'counter', of: 'replica', help: 'Requests to the API server, by verb and HTTP status; 0 where no answer came.', labels: { verb: 'open', code: 'open' } },
  packetcapture_kube_request_duration_seconds: { type: 'histogram', of: 'replica', help: 'Of one request to the API server; a watch until it began.', labels: { verb: 'open' }, buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] },
} as const satisfies Readonly<Record<`packetcapture_${string}`, Metric>>;

export type MetricName = keyof typeof METRICS;
