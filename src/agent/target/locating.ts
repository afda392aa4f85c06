// Looks for a pod's netns until it is there: its sandbox may not run yet.
import type { FileHandle } from 'node:fs/promises';
import type { ControlTarget } from '../../protocol/control.js';
import { pause } from '../clock.js';
import { locateNetns } from '../netns/locate.js';
import { PermanentProblem } from '../preparation.js';
import type { TargetDependencies } from './dependencies.js';

const FIRST_MS = 100;
const LONGEST_MS = 5000;

/** undefined: told to stop. Throws a PermanentProblem where looking again cannot help. */
export async function untilLocated({ run, job }: TargetDependencies, target: () => ControlTarget, halt: AbortSignal, onNotFound: (reason: string, message: string) => void): Promise<FileHandle | undefined> {
  for (let delayMs = FIRST_MS; !halt.aborted; delayMs = Math.min(LONGEST_MS, delayMs * 2)) {
    const found = await locateNetns(run, target(), job.allowHostNetwork);
    if (!('message' in found)) return found;
    if (found.permanent) throw new PermanentProblem(found.reason, found.message);
    onNotFound(found.reason, found.message);
    await pause(delayMs, halt);
  }
  return undefined;
}
