// docs/benchmarks.json: what was measured of each figure, when and on what. The page and the regression check are made of it.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Comparison } from './figure.js';
import type { Machine } from './machine.js';

export const RESULTS = new URL('../../../docs/benchmarks.json', import.meta.url);

export interface Measured {
  number: number;
  name: string;
  title: string;
  /** As it was when this was measured. */
  method: string;
  /** ISO 8601, to the minute. */
  at: string;
  /** The commit that was measured, short; with `+` when files differed from it. */
  commit: string;
  seed: string;
  rounds: number;
  /** How long the measuring took, in seconds. */
  seconds: number;
  machine: Machine;
  comparisons: Comparison[];
}

export interface Results {
  figures: Measured[];
}

/** None where there is no such file yet. */
export function readResults(file: URL | string = RESULTS): Results {
  if (!existsSync(file)) return { figures: [] };
  return JSON.parse(readFileSync(file, 'utf8')) as Results;
}

/** The figures just measured take the places of their older selves. */
export function merged(results: Results, measured: readonly Measured[]): Results {
  const kept = results.figures.filter(({ number }) => !measured.some((m) => m.number === number));
  return { figures: [...kept, ...measured].sort((a, b) => a.number - b.number) };
}

/** Of what is committed that with which `measured` are compared. A figure that nobody measures any more counts only where all are wished for. */
export const committedOf = ({ figures }: Results, measured: readonly Pick<Measured, 'number'>[], wished: string): Measured[] => figures.filter(({ number }) => wished.trim() === '' || measured.some((figure) => figure.number === number));

export function writeResults(results: Results, file: URL | string = RESULTS): void {
  writeFileSync(file, `${JSON.stringify(results, null, 1)}\n`);
}
