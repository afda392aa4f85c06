// The dashboard's rows: each panel with its queries, its unit, and what is normal. The JSON for Grafana, the picture and the tests are made from it.
import { ALERT_LEVELS } from './alert-levels.js';

/** Of Grafana's own units: none, seconds, share of 1, bytes, bytes a second, packets, events or requests a second. */
export type Unit = 'none' | 's' | 'percentunit' | 'bytes' | 'Bps' | 'pps' | 'reqps';

export interface Query {
  expr: string;
  /** Of a series, with its labels in double braces. */
  legend: string;
}

/** From `from` on the value is drawn so. */
export interface Level {
  from: number;
  colour: 'green' | 'orange' | 'red';
}

export interface Panel {
  title: string;
  description: string;
  /** number: the last value, large. states: a bar of each series, whose colour is its value. bars: what happened within each step. */
  kind: 'number' | 'states' | 'lines' | 'stacked' | 'bars';
  unit: Unit;
  /** Of 24. */
  width: number;
  queries: readonly Query[];
  levels?: readonly Level[];
  /** Words for values. */
  words?: Readonly<Record<number, string>>;
  max?: number;
}

export interface Row {
  title: string;
  panels: readonly Panel[];
}

const quantile = (q: number, metric: string, by = ''): string => `histogram_quantile(${q}, sum by (le${by}) (rate(${metric}_bucket[$__rate_interval])))`;
/** What one replica says, once: the one that led before says nothing from the next scrape on. */
const installation = (metric: string, by = ''): string => `max${by === '' ? '' : ` by (${by})`} (${metric})`;
/** Only of our own pods, whatever the scrape's job is called. */
const own = (metric: string): string => `${metric} and on (job, instance) packetcapture_build_info`;

export const ROWS: readonly Row[] = [
  {
    title: 'Is it working?',
    panels: [
      { title: 'Leaders', kind: 'number', unit: 'none', width: 3, description: 'Replicas that act. 1 always; 0 for some seconds while one takes over; 0 for longer: nothing is captured anew, nothing is stopped, agents go on as they were told.',
        queries: [{ expr: 'sum(packetcapture_leader) or vector(0)', legend: 'leaders' }], levels: [{ from: 0, colour: 'red' }, { from: 1, colour: 'green' }, { from: 2, colour: 'red' }] },
      { title: 'Replicas', kind: 'number', unit: 'none', width: 3, description: 'Operator pods that answer Prometheus. 2 as it is installed; with 1 nobody takes over.',
        queries: [{ expr: 'count(packetcapture_build_info) or vector(0)', legend: 'replicas' }], levels: [{ from: 0, colour: 'red' }, { from: 1, colour: 'orange' }, { from: 2, colour: 'green' }] },
      { title: 'Alerts', kind: 'number', unit: 'none', width: 3, description: 'Of this operator, that fire now. It needs the rules of config/components/prometheus; docs/alerts.md says of each what to do.',
        queries: [{ expr: 'count(ALERTS{alertname=~"PacketCapture.*",alertstate="firing"}) or vector(0)', legend: 'firing' }], levels: [{ from: 0, colour: 'green' }, { from: 1, colour: 'red' }] },
      { title: 'Packets lost', kind: 'number', unit: 'none', width: 3, description: 'In the time range shown, for any reason. 0 is normal; the row on loss says why there are any.',
        queries: [{ expr: 'sum(increase(packetcapture_lost_packets_total[$__range]))', legend: 'lost' }], levels: [{ from: 0, colour: 'green' }, { from: 1, colour: 'orange' }] },
      { title: 'Destinations', kind: 'states', unit: 'none', width: 12, description: 'Each ClusterCaptureDestination, as its last probe found it. All Ready is normal. Captures of one that is not keep their packets on the nodes and try again.',
        queries: [{ expr: installation('packetcapture_destination_ready', 'destination'), legend: '{{destination}}' }], levels: [{ from: 0, colour: 'red' }, { from: 1, colour: 'green' }], words: { 0: 'Not ready', 1: 'Ready' } },
      { title: 'Captures by phase', kind: 'stacked', unit: 'none', width: 12, description: 'PacketCapture objects. Complete and Failed ones stay until somebody deletes them. Starting and Uploading should not last: minutes at most.',
        queries: [{ expr: installation('packetcapture_captures', 'phase'), legend: '{{phase}}' }] },
      { title: 'Captures that wait for a place', kind: 'lines', unit: 'none', width: 6, description: 'The queue, because of the limits of a namespace or a node. 0 is normal; a queue that does not shrink wants captures stopped, or the limits raised.',
        queries: [{ expr: installation('packetcapture_captures_queued'), legend: 'queued' }] },
      { title: 'Runs that ended', kind: 'bars', unit: 'none', width: 6, description: 'By outcome. Failed: nothing was captured, or packets were not delivered.',
        queries: [{ expr: 'sum by (outcome) (increase(packetcapture_runs_finished_total[$__rate_interval]))', legend: '{{outcome}}' }] },
    ],
  },
  {
    title: 'What is captured, and delivered',
    panels: [
      { title: 'Packets', kind: 'lines', unit: 'pps', width: 12, description: 'Captured, read back from the bucket, and let go by flight recorders as asked. Uploaded follows captured in steps, one for each closed file.',
        queries: [
          { expr: 'sum(rate(packetcapture_captured_packets_total[$__rate_interval]))', legend: 'captured' },
          { expr: 'sum(rate(packetcapture_uploaded_packets_total[$__rate_interval]))', legend: 'uploaded' },
          { expr: 'sum(rate(packetcapture_released_packets_total[$__rate_interval]))', legend: 'let go by recorders' },
        ] },
      { title: 'Bytes', kind: 'lines', unit: 'Bps', width: 12, description: 'Of the files that tcpdump wrote, and of those that were read back from the bucket, before compression.',
        queries: [
          { expr: 'sum(rate(packetcapture_captured_bytes_total[$__rate_interval]))', legend: 'captured' },
          { expr: 'sum(rate(packetcapture_uploaded_bytes_total[$__rate_interval]))', legend: 'uploaded' },
        ] },
      { title: 'Packets not yet in the bucket', kind: 'lines', unit: 'none', width: 12, description: 'A saw of the size of a file is normal, and so is the level at which a flight recorder is full. A line that only climbs: the bucket takes less than is captured.',
        queries: [{ expr: installation('packetcapture_pending_packets'), legend: 'pending' }] },
      { title: 'Bytes not yet in the bucket', kind: 'lines', unit: 'bytes', width: 12, description: 'The same in bytes of files on the nodes.',
        queries: [{ expr: installation('packetcapture_pending_bytes'), legend: 'pending' }] },
    ],
  },
  {
    title: 'What is lost, and why',
    panels: [
      { title: 'Lost packets, by reason', kind: 'stacked', unit: 'pps', width: 12, description: 'None is normal. DroppedByKernel: the buffer was full, give bufferSize more or filter more; RingOverwrote and SpoolFull: the bucket was slower than the traffic; DrainExpired: the bucket did not come back in time.',
        queries: [{ expr: 'sum by (reason) (rate(packetcapture_lost_packets_total[$__rate_interval]))', legend: '{{reason}}' }] },
      { title: 'Gaps', kind: 'bars', unit: 'none', width: 6, description: 'Stretches in which no tcpdump listened to a target though it should have. One for each agent or node that was replaced is normal.',
        queries: [{ expr: 'sum(increase(packetcapture_gaps_total[$__rate_interval]))', legend: 'gaps' }] },
      { title: 'Time not listened to', kind: 'bars', unit: 's', width: 6, description: 'How long those gaps were, all targets together.',
        queries: [{ expr: 'sum(increase(packetcapture_gap_seconds_total[$__rate_interval]))', legend: 'not listened' }] },
    ],
  },
  {
    title: 'Buckets',
    panels: [
      { title: 'Upload duration', kind: 'lines', unit: 's', width: 12, description: 'Of one object, from its first request to its bytes read back. Below the time in which a file fills is normal; above it, files queue up on the node.',
        queries: [0.5, 0.9, 0.99].map((q) => ({ expr: quantile(q, 'packetcapture_upload_duration_seconds'), legend: `p${q * 100}` })) },
      { title: 'Uploads', kind: 'lines', unit: 'reqps', width: 6, description: 'Objects that were written and read back. None while nothing is captured, or recorders only record.',
        queries: [{ expr: 'sum(rate(packetcapture_upload_duration_seconds_count[$__rate_interval]))', legend: 'objects' }] },
      { title: 'Upload errors, by reason', kind: 'bars', unit: 'none', width: 6, description: 'Tries that failed; each is tried again, so a few are no loss. The reason is that of Delivered in the capture and of Ready in the destination.',
        queries: [{ expr: 'sum by (reason) (increase(packetcapture_upload_errors_total[$__rate_interval]))', legend: '{{reason}}' }] },
    ],
  },
  {
    title: 'Nodes',
    panels: [
      { title: 'Spool used, of its limit', kind: 'lines', unit: 'percentunit', width: 12, max: 1, description: 'All runs of a node. A flight recorder (OnDemand) stands at the share of its ring. Others near 100 %: files go before they are delivered.',
        queries: [{ expr: `${installation('packetcapture_spool_used_bytes', 'node, policy')} / (${installation('packetcapture_spool_limit_bytes', 'node, policy')} > 0)`, legend: '{{node}} {{policy}}' }], levels: ALERT_LEVELS.spool },
      { title: 'Spool used', kind: 'lines', unit: 'bytes', width: 12, description: "What the files of all runs take of a node's disk. Never above the sum of the runs' spool.maxSize.",
        queries: [{ expr: installation('packetcapture_spool_used_bytes', 'node, policy'), legend: '{{node}} {{policy}}' }] },
    ],
  },
  {
    title: 'The operator',
    panels: [
      { title: 'Time to start a run', kind: 'lines', unit: 's', width: 8, description: "From a run's start to the first tcpdump that listens, over 10 minutes. Seconds, with the image on the node; as long as the image takes to come, without.",
        queries: [0.5, 0.9].map((q) => ({ expr: `histogram_quantile(${q}, sum by (le) (rate(packetcapture_run_start_duration_seconds_bucket[10m])))`, legend: `p${q * 100}` })), levels: ALERT_LEVELS.start },
      { title: 'Reconcile duration, 99 of 100', kind: 'lines', unit: 's', width: 8, description: 'Of one look at one object. Well below 1 s; it is spent on the API server.',
        queries: [{ expr: quantile(0.99, 'packetcapture_reconcile_duration_seconds', ', controller'), legend: '{{controller}}' }] },
      { title: 'Reconcile errors', kind: 'bars', unit: 'none', width: 8, description: 'Looks that failed and are tried again. 0 is normal; the log of the leader has the error, with the object.',
        queries: [{ expr: 'sum by (controller) (increase(packetcapture_reconcile_errors_total[$__rate_interval]))', legend: '{{controller}}' }] },
      { title: 'Objects that wait to be looked at', kind: 'lines', unit: 'none', width: 8, description: 'Around 0. One that stays up: the API server is slow, or --workers is too small.',
        queries: [{ expr: installation('packetcapture_workqueue_depth', 'controller'), legend: '{{controller}}' }] },
      { title: 'Requests to the API server, by code', kind: 'stacked', unit: 'reqps', width: 8, description: 'Of all replicas. 2xx, some 404 and 409. 403: a right is missing; 429: the API server is busy; 0: no answer.',
        queries: [{ expr: 'sum by (code) (rate(packetcapture_kube_requests_total[$__rate_interval]))', legend: '{{code}}' }] },
      { title: 'Requests to the API server, 99 of 100', kind: 'lines', unit: 's', width: 8, description: 'Duration of a request; a watch until it began. Below 1 s is normal.',
        queries: [{ expr: quantile(0.99, 'packetcapture_kube_request_duration_seconds', ', verb'), legend: '{{verb}}' }] },
      { title: 'Watches begun anew', kind: 'bars', unit: 'none', width: 8, description: 'After they failed. 0 is normal, and some when an API server restarts.',
        queries: [{ expr: 'sum by (resource) (increase(packetcapture_watch_restarts_total[$__rate_interval])) or on () vector(0)', legend: '{{resource}}' }] },
      { title: 'Memory', kind: 'lines', unit: 'bytes', width: 8, description: 'Resident, of each replica. It grows with the pods and captures of the cluster, and the Deployment allows 512 MiB.',
        queries: [{ expr: own('process_resident_memory_bytes'), legend: '{{pod}}' }] },
      { title: 'Event loop lag, 99 of 100', kind: 'lines', unit: 's', width: 8, description: 'How late a replica gets to what is due. Around 10 ms is what it measures at rest; seconds endanger the lease.',
        queries: [{ expr: own('nodejs_eventloop_lag_p99_seconds'), legend: '{{pod}}' }] },
    ],
  },
];
