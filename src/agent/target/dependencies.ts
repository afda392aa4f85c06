// What the capture of a target works with.
import type { FileHandle } from 'node:fs/promises';
import type { JobConfig } from '../../protocol/job-config.js';
import type { RunChild } from '../../tcpdump/child.js';
import type { Ahead } from '../ahead.js';
import type { Clock } from '../clock.js';
import type { LeftoversLog } from '../spool/leftovers.js';
import type { Spool } from '../spool/spool.js';
import type { Share } from '../spool/events.js';
import type { Shares } from './shares.js';

export interface TargetDependencies extends Ahead {
  job: JobConfig;
  spool: Spool;
  lock: FileHandle;
  run: RunChild;
  clock: Clock;
  log: LeftoversLog;
  attempt: number;
  shares: Shares;
  /** tcpdump's command line. */
  argv: (share: Share, linkType: string) => [string, ...string[]];
  /** Something changed that others want to see soon. */
  wake: () => void;
}
