// Whether uploads wait for tcpdump: a packet that it does not get now is lost, a file on the disk can be sent a little later.
import { isOnDemand } from './spool/wanted.js';
import type { JobConfig } from '../protocol/job-config.js';

/** From here on hashing and sending take so much processor that the captured application feels it, and at ten times as much tcpdump loses packets (docs/performance.md). */
const FAST_BYTES_PER_SECOND = 20e6;

export interface Writing {
  /** Some tcpdump runs. */
  capturing: boolean;
  bytesPerSecond: number;
  /** What is free of the spool. */
  freeBytes: number;
  /** Closed files that are not in the bucket. */
  pendingFiles: number;
}

/** Only while there is room for it: at half of the spool, or of the ring's files, the bucket gets its turn. Files that a snapshot asked for are not kept waiting. */
export function uploadsWait({ ring, spool, upload }: Pick<JobConfig, 'ring' | 'spool' | 'upload'>, { capturing, bytesPerSecond, freeBytes, pendingFiles }: Writing): boolean {
  if (!capturing || isOnDemand(upload.policy) || bytesPerSecond < FAST_BYTES_PER_SECOND) return false;
  return freeBytes > spool.maxSizeBytes / 2 && pendingFiles < (ring.files ?? Infinity) / 2;
}
