// Each alert in its own fault, at its bounds, and what is no fault. The first sample of a fault is at 10 m, where nothing else is said.
import { between, rollingUpgrade, takeover, unreachable } from './leaders.js';
import type { Scenario } from './promtool.js';
import { always, fromPod, growing, growingFor, healthyBut, of, starts, type Series } from './series.js';

const ERRORS = 'packetcapture_reconcile_errors_total';
const RESTARTS = 'packetcapture_watch_restarts_total';
const LOST = 'packetcapture_lost_packets_total';
const FINISHED = 'packetcapture_runs_finished_total';
const UPLOADS = 'packetcapture_upload_duration_seconds_count';
const UPLOAD_ERRORS = 'packetcapture_upload_errors_total';
const AFTER = 20;
/** As it was for ten minutes, and then otherwise. */
const then = (before: number, after: number, steps = 220): string => `${before}x${AFTER - 1} ${after}x${steps}`;
const watches = (values: string): Series => fromPod('b', { [`${RESTARTS}{resource="pods"}`]: values });
const spool = (used: string, policy = 'Continuous'): Series => ({ [`packetcapture_spool_used_bytes{node="node-a",policy="${policy}"}`]: used, [`packetcapture_spool_limit_bytes{node="node-a",policy="${policy}"}`]: always(100) });

export const FAULTS: Record<string, readonly Scenario[]> = {
  PacketCaptureNoLeader: [
    { title: 'both replicas stand by', series: healthyBut({}, { a: then(1, 0), b: always(0) }), fires: { '9m30s': [], '12m30s': [], '13m': ['PacketCaptureNoLeader'], '119m': ['PacketCaptureNoLeader'] } },
    { title: 'Prometheus sees no replica', series: {}, fires: { '2m30s': [], '3m': ['PacketCaptureNoLeader'] } },
    { title: 'both replicas are gone', series: Object.fromEntries(Object.keys(healthyBut()).map((name) => [name, '0x19 stale'])), fires: { '30m': ['PacketCaptureNoLeader'] } },
    { title: 'the standby leads two and a half minutes later', series: healthyBut({}, { a: then(1, 0), b: `0x24 1x215` }), fires: { '11m': [], '12m': [], '12m30s': [], '13m': [], '14m': [], '20m': [] } },
  ],
  PacketCaptureReconcileErrors: [
    { title: 'one object fails, every five minutes', series: healthyBut(of(ERRORS, 'controller', { destination: `0x19 ${[...Array(22).keys()].map((n) => `${n + 1}x9`).join(' ')}` })), fires: { '29m30s': [], '31m': ['PacketCaptureReconcileErrors'], '110m': ['PacketCaptureReconcileErrors'] } },
    { title: 'a hundred looks fail within ten minutes, and then none', series: healthyBut(of(ERRORS, 'controller', { capture: growingFor(20, 5) })), fires: { '15m': [], '20m': [], '30m': [], '40m': [], '60m': [] } },
  ],
  PacketCaptureWorkQueueBehind: [
    { title: 'something always waits', series: healthyBut(of('packetcapture_workqueue_depth', 'controller', { capture: then(0, 3) })), fires: { '14m30s': [], '19m': [], '20m': ['PacketCaptureWorkQueueBehind'], '119m': ['PacketCaptureWorkQueueBehind'] } },
    { title: 'much waits, and every few minutes nothing does', series: healthyBut(of('packetcapture_workqueue_depth', 'controller', { capture: Array(30).fill('500x6 0').join(' ') })), fires: { '20m': [], '40m': [], '60m': [], '80m': [] } },
  ],
  PacketCaptureWatchesFailing: [
    { title: 'a watch of the standby fails twice a minute', series: { ...healthyBut(), ...watches(growingFor(200, 1)) }, fires: { '24m': [], '29m': ['PacketCaptureWatchesFailing'], '80m': ['PacketCaptureWatchesFailing'] } },
    { title: 'the API server is away for eight minutes', series: { ...healthyBut(), ...watches(growingFor(16, 1)) }, fires: { '15m': [], '20m': [], '25m': [], '30m': [], '40m': [] } },
    { title: 'a watch fails every two minutes', series: { ...healthyBut(), ...watches(`0x19 ${[...Array(50).keys()].map((n) => `${n + 1}x3`).join(' ')}`) }, fires: { '30m': [], '60m': [], '100m': [] } },
  ],
  PacketCaptureDestinationNotReady: [
    {
      title: 'one of two buckets is not usable',
      series: healthyBut(of('packetcapture_destination_ready', 'destination', { team: then(1, 0) })),
      fires: { '14m30s': [], '17m': ['PacketCaptureDestinationNotReady'], '119m': ['PacketCaptureDestinationNotReady'] },
    },
    { title: 'it is usable again after four minutes', series: healthyBut(of('packetcapture_destination_ready', 'destination', { team: '1x19 0x7 1x200' })), fires: { '12m': [], '14m': [], '15m': [], '16m': [], '18m': [] } },
  ],
  PacketCaptureUploadsFailing: [
    {
      title: 'nothing is delivered, and tries fail',
      series: healthyBut({ ...of(UPLOAD_ERRORS, 'reason', { BucketUnreachable: growingFor(200, 1) }), [UPLOADS]: always(40) }),
      fires: { '19m30s': [], '20m30s': ['PacketCaptureUploadsFailing'], '60m': ['PacketCaptureUploadsFailing'], '110m': ['PacketCaptureUploadsFailing'] },
    },
    { title: 'of two buckets one takes files, and the other refuses more of them', series: healthyBut(of(UPLOAD_ERRORS, 'reason', { AccessDenied: growingFor(200, 3) })), fires: { '15m': [], '40m': ['PacketCaptureUploadsFailing'] } },
    { title: 'as many tries fail as files are delivered', series: healthyBut(of(UPLOAD_ERRORS, 'reason', { StoreError: growingFor(200, 2) })), fires: { '15m': [], '40m': [], '100m': [] } },
    { title: 'the bucket is away for five minutes', series: healthyBut({ ...of(UPLOAD_ERRORS, 'reason', { BucketUnreachable: growingFor(10, 1) }), [UPLOADS]: '0+2x19 38x10 78+2x200' }), fires: { '12m': [], '15m': [], '18m': [], '20m': [], '25m': [], '30m': [] } },
    { title: 'tries fail where nothing waits for them', series: healthyBut({ ...of(UPLOAD_ERRORS, 'reason', { AccessDenied: growingFor(200, 1) }), [UPLOADS]: always(40), packetcapture_pending_bytes: always(0) }), fires: { '30m': [], '60m': [] } },
  ],
  PacketCapturePacketsLost: [
    { title: 'the kernel drops two of a thousand', series: healthyBut(of(LOST, 'reason', { DroppedByKernel: growingFor(200, 20) })), fires: { '9m30s': [], '20m': ['PacketCapturePacketsLost'], '100m': ['PacketCapturePacketsLost'] } },
    { title: 'it drops less than one of a thousand', series: healthyBut(of(LOST, 'reason', { DroppedByKernel: growingFor(200, 9) })), fires: { '30m': [], '60m': [], '100m': [] } },
    { title: 'files are given up in one moment, and it is told for a quarter of an hour', series: healthyBut(of(LOST, 'reason', { SpoolFull: then(0, 100_000) })), fires: { '9m30s': [], '10m30s': ['PacketCapturePacketsLost'], '24m': ['PacketCapturePacketsLost'], '25m30s': [] } },
    { title: 'a node is gone with what it held, long after the capture', series: healthyBut({ ...of(LOST, 'reason', { SpoolFull: then(0, 1) }), packetcapture_captured_packets_total: always(500) }), fires: { '10m30s': ['PacketCapturePacketsLost'] } },
  ],
  PacketCaptureGaps: [{ title: 'a capture pod was killed', series: healthyBut({ packetcapture_gaps_total: then(0, 1) }), fires: { '9m30s': [], '10m30s': ['PacketCaptureGaps'], '24m': ['PacketCaptureGaps'], '25m30s': [] } }],
  PacketCaptureSpoolFilling: [
    { title: 'captures fill the room for files', series: healthyBut(spool(then(10, 81))), fires: { '19m': [], '20m30s': ['PacketCaptureSpoolFilling'], '119m': ['PacketCaptureSpoolFilling'] } },
    { title: 'four fifths of it are used', series: healthyBut(spool(then(10, 80))), fires: { '24m': [], '119m': [] } },
    { title: 'it was full for three minutes', series: healthyBut(spool('10x19 100x6 10x200')), fires: { '11m': [], '13m': [], '15m': [], '18m': [], '20m': [] } },
  ],
  PacketCaptureRunsFailing: [
    { title: 'three runs fail, and none is complete', series: healthyBut(of(FINISHED, 'outcome', { Failed: growingFor(3, 1), Complete: always(7) })), fires: { '10m30s': [], '12m': ['PacketCaptureRunsFailing'], '60m': ['PacketCaptureRunsFailing'], '75m': [] } },
    { title: 'two runs fail', series: healthyBut(of(FINISHED, 'outcome', { Failed: growingFor(2, 1), Complete: always(7) })), fires: { '11m': [], '12m': [], '60m': [] } },
    { title: 'many runs fail, and as many become complete', series: healthyBut(of(FINISHED, 'outcome', { Failed: growing(1) })), fires: { '12m': [], '60m': [], '119m': [] } },
  ],
  PacketCaptureStartsSlow: [
    { title: 'runs need from half a minute to a minute', series: healthyBut(starts(always(0), growingFor(200, 1))), fires: { '10m': [], '20m': ['PacketCaptureStartsSlow'], '100m': ['PacketCaptureStartsSlow'] } },
    { title: 'two of them do', series: healthyBut(starts(always(0), growingFor(2, 1))), fires: { '11m': [], '20m': [], '38m': [] } },
    {
      title: 'less than half of them do',
      series: healthyBut({ ...of('packetcapture_run_start_duration_seconds_bucket', 'le', { 2: growing(3), 30: growing(3), 60: growing(5), '+Inf': growing(5) }), packetcapture_run_start_duration_seconds_count: growing(5) }),
      fires: { '20m': [], '60m': [] },
    },
  ],
  PacketCaptureQueuedTooLong: [
    { title: 'somebody always waits', series: healthyBut({ packetcapture_captures_queued: then(0, 2) }), fires: { '19m': [], '24m': [], '25m': ['PacketCaptureQueuedTooLong'], '119m': ['PacketCaptureQueuedTooLong'] } },
    { title: 'there is room after twelve minutes', series: healthyBut({ packetcapture_captures_queued: '0x19 5x24 0x200' }), fires: { '15m': [], '20m': [], '22m': [], '25m': [], '30m': [] } },
  ],
};

export const NO_FAULTS: readonly Scenario[] = [
  { title: 'all is well', series: healthyBut(), fires: between(0, 119) },
  { title: 'a rolling upgrade', series: rollingUpgrade(0), fires: between(15, 60) },
  { title: 'a rolling upgrade whose new leaders are scraped a minute late', series: rollingUpgrade(2), fires: between(15, 60) },
  { title: 'Prometheus reaches no replica for two minutes', series: unreachable(4), fires: between(15, 60) },
  { title: 'a flight recorder holds its ring, and lets packets go as it turns', series: healthyBut({ packetcapture_pending_bytes: always(1_000_000_000), packetcapture_released_packets_total: growing(10_000), [UPLOADS]: always(0), ...spool(always(99), 'OnDemand') }), fires: between(0, 119) },
  {
    title: 'a fault lasts through a change of leaders, and is told through it',
    series: takeover({ packetcapture_captures_queued: always(2), ...of('packetcapture_destination_ready', 'destination', { team: always(0) }), ...of(UPLOAD_ERRORS, 'reason', { AccessDenied: growing(1) }), [UPLOADS]: always(0) }),
    fires: between(16, 60, ['PacketCaptureDestinationNotReady', 'PacketCaptureQueuedTooLong', 'PacketCaptureUploadsFailing']),
  },
];
