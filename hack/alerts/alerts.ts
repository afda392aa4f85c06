// The alerts: what each says, when it fires, and how bad that is. docs/alerts.md has a section for each of them.
//
// What is of the installation stands on the replica that leads, and after a change of leaders on another one, where counters begin at 0:
// so everything is summed without the pod, and gauges are looked at over the last minutes, in which both replicas are.

export interface Alert {
  name: `PacketCapture${string}`;
  /** critical: packets are being missed, now. warning: within the working day. */
  severity: 'critical' | 'warning';
  expr: string;
  /** How long it has to hold. */
  for?: string;
  summary: string;
  description: string;
}

/** Where docs/ is read, for the links of the alerts: in a fork or a copy, change it here and run `make docs`. */
export const DOCS = 'https://example.com/packetcapture/docs';

export const ALERTS: readonly Alert[] = [
  {
    name: 'PacketCaptureNoLeader',
    severity: 'critical',
    expr: 'absent(packetcapture_leader == 1)',
    for: '3m',
    summary: 'No replica of the packet capture operator leads, or Prometheus sees none.',
    description: 'For three minutes no scraped replica has said that it leads. Captures that run go on and deliver; none begins, stops by request, or tells how far it is.',
  },
  {
    name: 'PacketCaptureReconcileErrors',
    severity: 'warning',
    expr: 'sum without (instance, pod) (increase(packetcapture_reconcile_errors_total[10m])) > 0',
    for: '20m',
    summary: 'The {{ $labels.controller }} controller fails again and again.',
    description: '{{ $value | printf "%.0f" }} looks failed within ten minutes, and that has not stopped for twenty. What fails is tried again, at least every five minutes; until it works, that object stays as it is.',
  },
  {
    name: 'PacketCaptureWorkQueueBehind',
    severity: 'warning',
    expr: 'max without (instance, pod) (min_over_time(packetcapture_workqueue_depth[5m])) > 0',
    for: '5m',
    summary: 'The {{ $labels.controller }} controller does not work off its queue.',
    description: 'For ten minutes at least {{ $value }} objects have waited whenever Prometheus looked. Captures begin, stop and report late.',
  },
  {
    name: 'PacketCaptureWatchesFailing',
    severity: 'warning',
    expr: 'sum without (instance, pod) (increase(packetcapture_watch_restarts_total[5m])) > 4',
    for: '15m',
    summary: 'The operator cannot watch {{ $labels.resource }}.',
    description: '{{ $value | printf "%.0f" }} watches or lists of {{ $labels.resource }} failed within five minutes, and that has not stopped for a quarter of an hour. The operator acts on what it knew before.',
  },
  {
    name: 'PacketCaptureDestinationNotReady',
    severity: 'warning',
    expr: 'max without (instance, pod) (max_over_time(packetcapture_destination_ready[2m])) == 0',
    for: '5m',
    summary: 'The bucket of destination {{ $labels.destination }} is not usable.',
    description: 'Its probe has failed for more than five minutes. No capture with this destination begins; what others captured for it waits on the nodes.',
  },
  {
    name: 'PacketCaptureUploadsFailing',
    severity: 'critical',
    expr: [
      'sum without (instance, pod, reason) (increase(packetcapture_upload_errors_total[15m]))',
      '  > sum without (instance, pod) (increase(packetcapture_upload_duration_seconds_count[15m]))',
      'and max without (instance, pod) (max_over_time(packetcapture_pending_bytes[5m])) > 0',
    ].join('\n'),
    for: '10m',
    summary: 'Most uploads of captured packets fail.',
    description: 'For ten minutes more tries to upload have failed than files were delivered, {{ $value | printf "%.0f" }} within a quarter of an hour. Packets wait on the nodes, and are given up when the room for them is used up.',
  },
  {
    name: 'PacketCapturePacketsLost',
    severity: 'warning',
    expr: [
      'sum without (instance, pod) (increase(packetcapture_lost_packets_total[15m]))',
      '  > ignoring (reason) group_left',
      '0.001 * sum without (instance, pod) (increase(packetcapture_captured_packets_total[15m]))',
    ].join('\n'),
    summary: 'Captures lose packets: {{ $labels.reason }}.',
    description: '{{ $value | printf "%.0f" }} packets were lost as {{ $labels.reason }} within a quarter of an hour: more than one in a thousand of those captured.',
  },
  {
    name: 'PacketCaptureGaps',
    severity: 'warning',
    expr: 'sum without (instance, pod) (increase(packetcapture_gaps_total[15m])) > 0',
    summary: 'A capture did not listen for a while.',
    description: 'Within a quarter of an hour there was a stretch in which no tcpdump listened to a pod that was to be captured. What the pod sent and received then is in no file.',
  },
  {
    name: 'PacketCaptureSpoolFilling',
    severity: 'warning',
    expr: [
      'max without (instance, pod) (avg_over_time(packetcapture_spool_used_bytes{policy!="OnDemand"}[5m]))',
      '  / max without (instance, pod) (avg_over_time(packetcapture_spool_limit_bytes{policy!="OnDemand"}[5m]))',
      '> 0.8',
    ].join('\n'),
    for: '5m',
    summary: 'The room for captured files on node {{ $labels.node }} is nearly used up.',
    description: 'Captures on {{ $labels.node }} fill {{ $value | humanizePercentage }} of what their files may take: they capture faster than they deliver. At 100 % packets are lost.',
  },
  {
    name: 'PacketCaptureRunsFailing',
    severity: 'warning',
    // Half a run: increase() draws out what it saw to the whole window.
    expr: [
      'sum without (instance, pod, outcome) (increase(packetcapture_runs_finished_total{outcome="Failed"}[1h])) > 2.5',
      'and',
      'sum without (instance, pod, outcome) (increase(packetcapture_runs_finished_total{outcome="Failed"}[1h]))',
      '  > sum without (instance, pod, outcome) (increase(packetcapture_runs_finished_total{outcome="Complete"}[1h]))',
    ].join('\n'),
    summary: 'Most captures fail.',
    description: '{{ $value | printf "%.0f" }} runs failed within an hour, and fewer became complete.',
  },
  {
    name: 'PacketCaptureStartsSlow',
    severity: 'warning',
    expr: [
      'histogram_quantile(0.5, sum without (instance, pod) (rate(packetcapture_run_start_duration_seconds_bucket[30m]))) > 30',
      'and sum without (instance, pod) (increase(packetcapture_run_start_duration_seconds_count[30m])) > 2.5',
    ].join('\n'),
    summary: 'Captures begin late.',
    description: 'Half of the runs of the last half hour needed more than {{ $value | humanizeDuration }} until tcpdump listened. What happened meanwhile is in no file.',
  },
  {
    name: 'PacketCaptureQueuedTooLong',
    severity: 'warning',
    expr: 'max without (instance, pod) (min_over_time(packetcapture_captures_queued[5m])) > 0',
    for: '10m',
    summary: 'Captures wait for a place.',
    description: 'For a quarter of an hour there were always captures, at least {{ $value }}, that could not begin because of the limits of their namespace or node.',
  },
];

export const anchorOf = ({ name }: Pick<Alert, 'name'>): string => name.toLowerCase();
