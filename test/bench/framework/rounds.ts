// Measures things in turn: A B A B …, so that what the machine does meanwhile touches all of them.
import type { Bench } from './figure.js';

/** One number of each name a round, or several that belong together; each round begins with another name, so that none always comes first. */
export async function inTurn<Name extends string, Value = number>(bench: Bench, measures: Record<Name, (round: number) => Promise<Value>>): Promise<Record<Name, Value[]>> {
  const names = Object.keys(measures) as Name[];
  const samples = Object.fromEntries(names.map((name) => [name, [] as Value[]])) as Record<Name, Value[]>;
  for (let round = 0; round < bench.rounds; round += 1) {
    for (let turn = 0; turn < names.length; turn += 1) {
      const name = names[(round + turn) % names.length] as Name;
      const value = await measures[name](round);
      samples[name].push(value);
      bench.say(`  round ${round + 1} ${name}: ${JSON.stringify(value)}`);
    }
  }
  return samples;
}

/** One of several numbers that were measured together, by name. */
export function fieldOf<Name extends string, Field extends string>(samples: Record<Name, Record<Field, number>[]>, field: Field): Record<Name, number[]> {
  const all = Object.entries<Record<Field, number>[]>(samples);
  return Object.fromEntries(all.map(([name, values]) => [name, values.map((value) => value[field])])) as Record<Name, number[]>;
}

/** Of an even number of values the lower of the two in the middle, so that it is one that was measured. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? NaN;
}

/** The value below which a share (0 to 1) of the values lies: the nearest rank. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}
