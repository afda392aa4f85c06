// What tcpdump is told, as of now: the job's settings, and the target's share of the spool.
import type { JobConfig } from '../protocol/job-config.js';
import { hasEnded, type SpoolState } from './spool/state.js';
import { largestFileMB, type TcpdumpOptions } from './tcpdump/argv.js';

/** Size at which a file is closed, in tcpdump's unit of 1,000,000 bytes. */
export function largestFileOf({ ring, spool }: JobConfig, state: Readonly<SpoolState>): number {
  const targets = Object.values(state.targets).filter((target) => !hasEnded(target)).length;
  return largestFileMB(ring.fileSizeBytes, spool.maxSizeBytes, Math.max(1, targets));
}

export const optionsOf = (job: JobConfig, state: Readonly<SpoolState>, linkType: string): TcpdumpOptions => ({
  ...job.tcpdump,
  linkType,
  fileSizeMB: largestFileOf(job, state),
  rotateIntervalSeconds: job.ring.rotateIntervalSeconds,
});
