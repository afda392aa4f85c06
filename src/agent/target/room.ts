// Whether there is room on the node for what a tcpdump writes, before it is started: its first words and its file's header need some.
import { formatBytes } from '../../api/quantity.js';
import { TARGET_REASON } from '../../api/reasons.js';
import { PassingProblem } from '../preparation.js';
import type { TargetDependencies } from './dependencies.js';
import type { Share } from '../spool/events.js';

const LEAST_ROOM_BYTES = 2 ** 20;

/** A target's share of what there is; throws a PassingProblem where there is none. */
export async function roomFor(target: string, { job, spool, shares }: Pick<TargetDependencies, 'job' | 'spool' | 'shares'>): Promise<Share> {
  const share = shares.of(target);
  if (!share) throw new PassingProblem(TARGET_REASON.spoolTooSmall, `spool.maxSize ${formatBytes(job.spool.maxSizeBytes)} has room for the files of ${shares.count} targets on this node, which are captured: this one waits until another ends; give the spool 4M and more for each`);
  const { availableBytes } = await spool.fileSystem();
  if (availableBytes < LEAST_ROOM_BYTES) throw new PassingProblem(TARGET_REASON.nodeDiskFull, `the node's disk is full: ${availableBytes} bytes are left where the spool is; tcpdump is started when there is room`);
  return share;
}
