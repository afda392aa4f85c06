// The instruments that the catalogue names, by name. What is measured wrongly is left out: metrics never stop what they measure.
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Log } from '../../kube/log.js';
import { METRICS, type Metric, type MetricName } from './catalogue.js';
import { SummedHistogram } from './summed-histogram.js';

type Catalogue = typeof METRICS;
type Named<T extends Metric['type']> = { [N in MetricName]: Catalogue[N]['type'] extends T ? N : never }[MetricName];
type LabelsOf<N extends MetricName> = Catalogue[N] extends { labels: infer L } ? [{ [K in keyof L]: L[K] extends readonly (infer V)[] ? V : string }] : [];
/** A histogram whose observations others made: it is given their counts. */
const SUMMED = 'packetcapture_upload_duration_seconds';
type ObservedName = Exclude<Named<'histogram'>, typeof SUMMED>;

export interface MetricsOptions {
  /** Whether this replica acts now: only then it shows what is of the installation. */
  leads: () => boolean;
  log: Log;
}

export class Metrics {
  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;
  /** What each replica shows. */
  readonly replica = new Registry();
  private readonly installation = new Registry();
  private readonly counters = new Map<string, Counter>();
  private readonly gauges = new Map<string, Gauge>();
  private readonly histograms = new Map<string, Histogram>();
  private readonly summed: SummedHistogram;
  private readonly collectors: (() => void)[] = [];

  constructor(private readonly options: MetricsOptions) {
    const { help, buckets } = METRICS[SUMMED];
    this.summed = new SummedHistogram(SUMMED, help, buckets);
    for (const [name, metric] of Object.entries(METRICS) as [MetricName, Metric][]) this.make(name, metric);
    this.beforeScrape(() => this.set('packetcapture_leader', options.leads() ? 1 : 0));
  }

  /** Does nothing where `n` is not above 0. */
  add<N extends Named<'counter'>>(name: N, n: number, ...[labels]: LabelsOf<N>): void {
    if (n > 0 && Number.isFinite(n)) this.counters.get(name)?.inc({ ...labels }, n);
  }

  /** There from now on, at 0: for labels whose values the catalogue does not say. */
  begin<N extends Named<'counter'>>(name: N, ...[labels]: LabelsOf<N>): void {
    this.counters.get(name)?.inc({ ...labels }, 0);
  }

  set<N extends Named<'gauge'>>(name: N, value: number, ...[labels]: LabelsOf<N>): void {
    if (Number.isFinite(value)) this.gauges.get(name)?.set({ ...labels }, value);
  }

  /** It has no series any more, but those of label values that are known beforehand: each is 0. */
  reset<N extends Named<'gauge'>>(name: N): void {
    const gauge = this.gauges.get(name);
    if (!gauge) return;
    gauge.reset();
    for (const labels of known(METRICS[name])) gauge.set(labels, 0);
  }

  observe<N extends ObservedName>(name: N, seconds: number, ...[labels]: LabelsOf<N>): void {
    if (seconds >= 0 && Number.isFinite(seconds)) this.histograms.get(name)?.observe({ ...labels }, seconds);
  }

  /** `counts`: how many lie below each bound and above the one before, and last those above all bounds; `seconds`: all of them together. */
  addObservations(_name: typeof SUMMED, counts: readonly number[], seconds: number): void {
    this.summed.add(counts, seconds);
  }

  /** Sets gauges that nobody is told of when they change. */
  beforeScrape(collect: () => void): void {
    this.collectors.push(collect);
  }

  /** In Prometheus' text format. */
  async exposition(): Promise<string> {
    for (const collect of this.collectors) {
      try {
        collect();
      } catch (error) {
        this.options.log.error({ err: error }, 'a metric could not be collected');
      }
    }
    const registries = this.options.leads() ? [this.replica, this.installation] : [this.replica];
    return (await Promise.all(registries.map((registry) => registry.metrics()))).join('\n');
  }

  private make(name: MetricName, metric: Metric): void {
    const options = { name, help: metric.help, labelNames: Object.keys(metric.labels ?? {}), registers: [this[metric.of]] };
    if (name === SUMMED) return this[metric.of].registerMetric(this.summed as unknown as Histogram);
    switch (metric.type) {
      case 'counter': {
        const counter = new Counter(options);
        for (const labels of known(metric)) counter.inc(labels, 0);
        this.counters.set(name, counter);
        return;
      }
      case 'gauge':
        this.gauges.set(name, new Gauge(options));
        return this.reset(name as Named<'gauge'>);
      case 'histogram': {
        const histogram = new Histogram({ ...options, buckets: [...(metric.buckets ?? [])] });
        for (const labels of known(metric)) if (options.labelNames.length > 0) histogram.zero(labels);
        this.histograms.set(name, histogram);
        return;
      }
      default:
        metric.type satisfies never;
    }
  }
}

/** Every set of label values that can be said beforehand; none where one label's values can't. A series that is there at 0 shows its first event to rate(). */
function known({ labels = {} }: Metric): Record<string, string>[] {
  return Object.entries(labels).reduce<Record<string, string>[]>((sets, [label, values]) => (values === 'open' ? [] : sets.flatMap((set) => values.map((value) => ({ ...set, [label]: value })))), [{}]);
}
