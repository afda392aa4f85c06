// What a figure of the benchmarks is: things measured in turn in one run, and what their comparison must be.

/** Of all the numbers of a comparison. Times are seconds, sizes 1,000,000 bytes, rates one second's. */
export type Unit = 's' | 'ms' | 'MB' | 'MB/s' | '%' | '% of a core' | 'packets/s' | 'requests/s' | 'writes';

/** A limit that the comparison is held against: `must` fails a run that `make bench-check` judges, `goal` is only shown. */
export interface Limits {
  must?: number;
  goal?: number;
}

/** One line of the table: ours, measured in turn with another's. */
export interface Comparison {
  /** Unique among all figures, and kept: the regression check finds the committed one by it. */
  id: string;
  /** What was measured of ours, and what beside it, as the table's reader is told. */
  ours: string;
  theirs: string;
  unit: Unit;
  /** In the order of the rounds. `theirs` is empty where a number stands for itself. */
  samples: { ours: number[]; theirs: number[] };
  /** How the medians are compared: ours ÷ theirs, ours − theirs in the unit, or ours alone in the unit. */
  as: 'ratio' | 'difference' | 'value';
  /** Which way is better for what is compared. */
  better: 'more' | 'less';
  limits: Limits;
  /**
   * How much worse than the committed one the regression check lets it be: of a ratio or a value a part of that (0.15 is 15 %), of a difference
   * so much in its unit. From the scatter of several runs.
   */
  margin: number;
  /** A sentence that the table's reader needs, if any. */
  note?: string;
}

export interface Bench {
  /** For whatever a figure draws by chance: payloads, ports, order. */
  seed: string;
  /** How often each of the two is measured: A B A B …. At least 5 for a figure that is committed. */
  rounds: number;
  say(line: string): void;
}

export interface Figure {
  number: number;
  /** For FIGURE= and for file names. */
  name: string;
  title: string;
  /** What is done, in a few sentences: someone else must be able to doubt it. */
  method: string;
  /** Makes what it needs, measures, and removes it all, also when it fails. */
  measure(bench: Bench): Promise<Comparison[]>;
}
