// Samples what must stay bounded through every fault: the spool's bytes on the disk, and the memory of agents.
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const EVERY_MS = 20;
const BLOCK_BYTES = 512;

export class Sampler {
  spoolPeakBytes = 0;
  memoryPeakBytes = 0;
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly spool: () => string,
    private readonly agentPid: () => number | undefined,
    everyMs = EVERY_MS,
  ) {
    this.timer = setInterval(() => this.sample(), everyMs);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private sample(): void {
    this.spoolPeakBytes = Math.max(this.spoolPeakBytes, diskBytes(this.spool()));
    const pid = this.agentPid();
    if (pid !== undefined) this.memoryPeakBytes = Math.max(this.memoryPeakBytes, peakMemoryBytes(pid));
  }
}

/** Bytes that the files of a folder take of the disk, without those that somebody else put there. A file that goes meanwhile is gone. */
function diskBytes(folder: string): number {
  let sum = 0;
  for (const path of entriesOf(folder)) {
    try {
      const stat = lstatSync(join(folder, path));
      if (stat.isFile() && path !== FOREIGN_FILE) sum += stat.blocks * BLOCK_BYTES;
    } catch {
      // Gone.
    }
  }
  return sum;
}

/** Name, in a spool, of what fills its file system without being of the product. */
export const FOREIGN_FILE = 'of-somebody-else';

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch {
    return [];
  }
}

/** VmHWM: the most that a process ever had. 0 where it is gone. */
function peakMemoryBytes(pid: number): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}
