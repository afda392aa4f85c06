// A fault, and one trial of it: what every level has in common.
import type { Verdict } from '../oracle/judge.js';
import type { Random } from './random.js';

export interface Fault {
  name: string;
  level: 'agent' | 'cluster';
  /** In the short form too. */
  short: boolean;
  /** What it does to a cluster all captures feel: nothing else runs meanwhile. */
  alone: boolean;
  /** Runs only when it is named: what the product does wrong there. */
  leftOut?: string | undefined;
  /** One trial: sets up, injects at a random moment, heals, drains, judges, and leaves nothing behind. */
  run(random: Random): Promise<TrialResult>;
}

export interface TrialResult extends Verdict {
  spoolPeakBytes: number;
  spoolBoundBytes: number;
  peakMemoryBytes: number;
}

export interface Trial extends Partial<TrialResult> {
  fault: Fault;
  number: number;
  seconds: number;
  /** What the oracle says, or why the trial could not be finished. */
  violations: string[];
}
