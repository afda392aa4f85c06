// Waits for a pod's netns, whose sandbox may not run yet, and for another one, when its sandbox was made again.
import { uptime } from 'node:os';
import type { ControlTarget } from '../../protocol/control.js';
import { pause } from '../clock.js';
import { locateNetns, type LocatedNetns } from '../netns/locate.js';
import { NetnsWatch } from '../netns/watch.js';
import { PermanentProblem } from '../preparation.js';
import type { TargetDependencies } from './dependencies.js';

const FIRST_MS = 100;
const LONGEST_MS = 5000;
const WATCH_MS = 1000;
/** USER_HZ: what /proc/PID/stat counts in, 100 wherever Linux runs Kubernetes (proc(5)). */
const TICKS_PER_SECOND = 100;

/** undefined: told to stop. Throws a PermanentProblem where looking again cannot help. */
export async function untilLocated({ run, processes, job }: TargetDependencies, target: () => ControlTarget, halt: AbortSignal, onNotFound: (reason: string, message: string) => void): Promise<LocatedNetns | undefined> {
  for (let delayMs = FIRST_MS; !halt.aborted; delayMs = Math.min(LONGEST_MS, delayMs * 2)) {
    const found = await locateNetns(run, processes, target(), job.allowHostNetwork);
    if (!('message' in found)) return found;
    if (found.permanent) throw new PermanentProblem(found.reason, found.message);
    onNotFound(found.reason, found.message);
    await pause(delayMs, halt);
  }
  return undefined;
}

export interface Moved {
  netns: LocatedNetns;
  /** When the pod was last seen in the former one, ms since the epoch. */
  seenMs: number;
}

/** Resolves when the pod has another netns than this one; undefined: told to stop. The node's own never changes. */
export async function untilMoved({ run, processes, job, clock, log }: TargetDependencies, netns: LocatedNetns, target: () => ControlTarget, halt: AbortSignal): Promise<Moved | undefined> {
  if (target().hostNetwork) return undefined;
  const watch = new NetnsWatch(netns, {
    locate: (wanted, former) => locateNetns(run, processes, wanted, job.allowHostNetwork, former),
    clock,
    ticks: () => Math.floor(uptime() * TICKS_PER_SECOND),
  });
  for (;;) {
    await pause(WATCH_MS, halt);
    if (halt.aborted) return undefined;
    const found = await watch.look(target()).catch((error: unknown) => {
      log.warn({ target: target().name, error: String(error) }, "the pod's network namespace could not be looked at; trying again");
      return undefined;
    });
    if (found) return { netns: found, seenMs: watch.seenMs };
  }
}
