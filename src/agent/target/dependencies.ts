// What the capture of a target works with.
import type { FileHandle } from 'node:fs/promises';
import type { JobConfig } from '../../protocol/job-config.js';
import type { RunChild } from '../../tcpdump/child.js';
import type { FilterCompiler } from '../../tcpdump/filter-compiler.js';
import type { Clock } from '../clock.js';
import type { LeftoversLog } from '../spool/leftovers.js';
import type { Spool } from '../spool/spool.js';

export interface TargetDependencies {
  job: JobConfig;
  spool: Spool;
  lock: FileHandle;
  run: RunChild;
  compiler: FilterCompiler;
  clock: Clock;
  log: LeftoversLog;
  attempt: number;
  /** tcpdump's command line, as of now. */
  argv: (linkType: string) => [string, ...string[]];
  /** Something changed that others want to see soon. */
  wake: () => void;
}
