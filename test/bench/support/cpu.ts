// The processor's time that processes have taken, of all their threads, from /proc: exact to the nanosecond, whatever else runs.
import { readdirSync, readFileSync } from 'node:fs';

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

const parentOf = (pid: string): number => Number(/\) \S (\d+)/.exec(read(`/proc/${pid}/stat`))?.[1] ?? -1);

/** A process and all that come of it. */
export function family(pid: number): number[] {
  const parents = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map((name) => [Number(name), parentOf(name)] as const);
  const found = [pid];
  // It grows while it is gone through.
  for (const one of found) for (const [child, parent] of parents) if (parent === one) found.push(child);
  return found;
}

/** Threads that have ended are not in it: of what stands still there are none. */
export function cpuSeconds(pids: readonly number[]): number {
  const threads = pids.flatMap((pid) => {
    try {
      return readdirSync(`/proc/${pid}/task`).map((thread) => `/proc/${pid}/task/${thread}/schedstat`);
    } catch {
      return [];
    }
  });
  return threads.reduce((sum, path) => sum + Number(read(path).split(' ')[0] ?? 0), 0) / 1e9;
}

/** What a process and its children take of one core while `waiting` lasts, in percent. */
export async function percentOfACore(pid: number, waiting: () => Promise<unknown>): Promise<number> {
  const pids = family(pid);
  const [fromSeconds, fromMs] = [cpuSeconds(pids), performance.now()];
  await waiting();
  return ((cpuSeconds(pids) - fromSeconds) / (performance.now() - fromMs)) * 1e5;
}
