// What tcpdump is told: the job's settings, and the target's share of what all targets have.
import type { JobConfig } from '../protocol/job-config.js';
import type { Share } from './spool/events.js';
import type { TcpdumpOptions } from './tcpdump/argv.js';

export const optionsOf = (job: JobConfig, { bufferSizeBytes, fileSizeMB }: Share, linkType: string): TcpdumpOptions => ({
  ...job.tcpdump,
  bufferSizeBytes,
  linkType,
  fileSizeMB,
  rotateIntervalSeconds: job.ring.rotateIntervalSeconds,
});
