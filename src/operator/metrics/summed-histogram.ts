// A histogram of what others observed and counted: prom-client's takes one observation at a time.

export class SummedHistogram {
  readonly type = 'histogram';
  readonly aggregator = 'sum';
  private readonly counts: number[];
  private seconds = 0;

  constructor(readonly name: string, readonly help: string, private readonly bounds: readonly number[]) {
    this.counts = [...bounds, Infinity].map(() => 0);
  }

  /** Counts beyond the known bounds are of those above all; what is no count counts nothing. */
  add(counts: readonly number[], seconds: number): void {
    const last = this.bounds.length;
    counts.forEach((n, at) => {
      if (n > 0 && Number.isFinite(n)) this.counts[Math.min(at, last)] = (this.counts[Math.min(at, last)] as number) + n;
    });
    if (seconds > 0 && Number.isFinite(seconds)) this.seconds += seconds;
  }

  /** As prom-client's registries ask their metrics. */
  get(): Promise<object> {
    const { name, help, type, aggregator } = this;
    let total = 0;
    const buckets = this.counts.map((n, at) => ({ metricName: `${name}_bucket`, labels: { le: this.bounds[at] ?? '+Inf' }, value: (total += n) }));
    const values = [...buckets, { metricName: `${name}_sum`, labels: {}, value: this.seconds }, { metricName: `${name}_count`, labels: {}, value: total }];
    return Promise.resolve({ name, help, type, aggregator, values });
  }
}
