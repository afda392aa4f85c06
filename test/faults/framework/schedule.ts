// Runs trials: side by side in namespaces of their own, and those that a whole cluster feels one after the other.
import { performance } from 'node:perf_hooks';
import { inspect } from 'node:util';
import { randomOf } from './random.js';
import type { Fault, Trial } from './trial.js';

export interface Plan {
  faults: Fault[];
  seed: string;
  times: number;
  /** The first trial's number: to repeat one of many. */
  first: number;
  sideBySide: number;
  onTrial: (trial: Trial) => void;
}

export async function runAll({ faults, seed, times, first, sideBySide, onTrial }: Plan): Promise<Trial[]> {
  const trials: Trial[] = [];
  const tasks = Array.from({ length: times }, (_, index) => faults.map((fault) => ({ fault, number: first + index }))).flat();
  const work = async (fits: (fault: Fault) => boolean): Promise<void> => {
    for (;;) {
      const at = tasks.findIndex(({ fault }) => fits(fault));
      const [task] = at < 0 ? [] : tasks.splice(at, 1);
      if (!task) return;
      const trial = await run(task.fault, task.number, seed);
      trials.push(trial);
      onTrial(trial);
    }
  };
  await Promise.all(Array.from({ length: sideBySide }, () => work(({ alone }) => !alone)));
  await work(({ alone }) => alone);
  return trials;
}

async function run(fault: Fault, number: number, seed: string): Promise<Trial> {
  const startMs = performance.now();
  const seconds = (): number => (performance.now() - startMs) / 1000;
  try {
    const result = await fault.run(randomOf(seed, fault.name, number));
    return { fault, number, ...result, seconds: seconds() };
  } catch (error) {
    return { fault, number, seconds: seconds(), violations: [`the trial did not come to its end: ${inspect(error)}`] };
  }
}
