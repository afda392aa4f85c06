// Time series of an installation, in promtool's notation: a sample every 30 s, from two replicas.

/** `packetcapture_gaps_total`, or with labels `packetcapture_destination_ready{destination="team"}`: values. */
export type Series = Record<string, string>;

export const STEP = '30s';
/** Two hours. */
const STEPS = 240;

export const always = (value: number, steps = STEPS): string => `${value}x${steps}`;
/** From 0, by so much a sample. */
export const growing = (by: number, steps = STEPS): string => `0+${by}x${steps}`;
/** 0 for so many samples; then it grows by so much with each of the next ones; then it stays. */
export function growingFor(steps: number, by: number, { after = 20 } = {}): string {
  return `0x${after} ${by}+${by}x${steps - 1} ${by * steps}x${STEPS}`;
}

/** What only the replica has that leads. */
export const installation = (steps = STEPS): Series => ({
  ...of('packetcapture_reconcile_errors_total', 'controller', { capture: always(0, steps), destination: always(0, steps) }),
  ...of('packetcapture_workqueue_depth', 'controller', { capture: always(0, steps), destination: always(0, steps) }),
  ...of('packetcapture_destination_ready', 'destination', { team: always(1, steps), archive: always(1, steps) }),
  ...of('packetcapture_upload_errors_total', 'reason', { BucketUnreachable: always(0, steps), AccessDenied: always(0, steps) }),
  packetcapture_upload_duration_seconds_count: growing(2, steps),
  packetcapture_pending_bytes: always(4000, steps),
  packetcapture_captured_packets_total: growing(10_000, steps),
  ...of('packetcapture_lost_packets_total', 'reason', { DroppedByKernel: always(0, steps), SpoolFull: always(0, steps) }),
  packetcapture_gaps_total: always(0, steps),
  'packetcapture_spool_used_bytes{node="node-a",policy="Continuous"}': always(10, steps),
  'packetcapture_spool_limit_bytes{node="node-a",policy="Continuous"}': always(100, steps),
  ...of('packetcapture_runs_finished_total', 'outcome', { Failed: always(0, steps), Complete: growing(1, steps) }),
  ...starts(growing(1, steps), growing(1, steps)),
  packetcapture_captures_queued: always(0, steps),
});

export const of = (name: string, label: string, values: Record<string, string>): Series => Object.fromEntries(Object.entries(values).map(([value, samples]) => [`${name}{${label}="${value}"}`, samples]));

/** Runs that began within 2 s, and all of them: the others took from half a minute to a whole one. */
export const starts = (fast: string, all: string): Series => ({ ...of('packetcapture_run_start_duration_seconds_bucket', 'le', { 2: fast, 30: fast, 60: all, '+Inf': all }), packetcapture_run_start_duration_seconds_count: all });

/** As Prometheus has them of one replica. */
export const fromPod = (pod: string, series: Series): Series =>
  Object.fromEntries(
    Object.entries(series).map(([key, values]) => {
      const [name = '', labels = ''] = key.split(/[{}]/);
      return [`${name}{${labels}${labels === '' ? '' : ','}job="packetcapture-operator",namespace="packetcapture-system",service="packetcapture-operator-metrics",instance="${pod}:8080",pod="${pod}"}`, values];
    }),
  );

/** Replica a leads, b stands by, and nothing is wrong but for these series of the installation. */
export const healthyBut = (changes: Series = {}, leaders: { a: string; b: string } = { a: always(1), b: always(0) }): Series => ({
  ...fromPod('a', { packetcapture_leader: leaders.a, ...installation(), ...changes }),
  ...fromPod('b', { packetcapture_leader: leaders.b }),
});
