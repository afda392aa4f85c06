// How a run ended: Complete only when nothing is pending and no target's packets were given up after the stop.
import { DISCARD_REASON, STOP_REASON } from '../api/reasons.js';
import type { PlanConfig } from './config.js';
import { counted, named } from './counted.js';
import { endUnheard } from './node-fate.js';
import type { RecordNode, Run } from './record.js';
import { totalsOf, type Totals } from './totals.js';

type Result = NonNullable<Run['result']>;

interface FailedTarget {
  name: string;
  reason?: string | undefined;
  message?: string | undefined;
}

/** The targets of a node on which no agent ever ran. */
const neverCaptured = ({ node, failure }: RecordNode, run: Run): FailedTarget[] => (failure ? run.targets.filter((t) => t.node === node).map(({ name }) => ({ name, ...failure })) : []);

/** status.targets has them all; the message stands in several conditions. */
const FAILED_NAMED = 5;

const UPLOAD_INCOMPLETE = 'UploadIncomplete';

export function resultOf(run: Run, completionTime: string): Result {
  const totals = totalsOf(run);
  const failed = [...totals.targets.filter((t) => t.state === 'Failed'), ...run.nodes.flatMap((node) => neverCaptured(node, run))];
  const { packets, files } = totals.ledger;
  const lost = run.nodes.find((node) => node.lost && endUnheard(node));
  if (lost?.lost) {
    const heard = lost.report ? `last heard at ${lost.report.time}, when it captured` : 'never heard of';
    return { outcome: 'Failed', reason: lost.lost.reason, message: `node "${lost.node}" is lost, ${heard}: ${packets.uploaded} of ${packets.captured} packets that are known of are in the bucket`, completionTime };
  }
  const undelivered = packets.pending + (totals.discards[DISCARD_REASON.drainExpired] ?? 0) + (totals.discards[DISCARD_REASON.spoolLost] ?? 0);
  if (undelivered > 0) {
    return { outcome: 'Failed', reason: UPLOAD_INCOMPLETE, message: `${undelivered} of ${packets.captured} captured packets are not in the bucket${givenUp(totals)}`, completionTime };
  }
  if (totals.captureStartTime === undefined) {
    const first = failed[0];
    if (first) return { outcome: 'Failed', reason: first.reason ?? 'TargetFailed', message: first.message ?? `target ${first.name} could not be captured`, completionTime };
    return { outcome: 'Failed', reason: 'NothingCaptured', message: `the run was stopped (${run.stop?.reason ?? 'by its agent'}) before anything was captured`, completionTime };
  }
  const released = packets.released > 0 ? `; the ring let ${packets.released} earlier ones go, as it was asked to` : '';
  const said = `${packets.uploaded} packets in ${counted(files.uploaded, 'file')} are in the bucket and were read back${released}`;
  return failed.length > 0
    ? { outcome: 'Complete', reason: 'SomeTargetsFailed', message: `${said}; failed: ${named(failed.map((t) => `${t.name} (${t.reason ?? 'unknown'})`), FAILED_NAMED)}`, completionTime }
    : { outcome: 'Complete', reason: 'AllTargets', message: said, completionTime };
}

const GIVEN_UP: Record<string, string> = {
  [DISCARD_REASON.drainExpired]: 'were given up when their time on the node was over',
  [DISCARD_REASON.spoolLost]: "were lost with their node's spool",
};

const givenUp = ({ discards }: Totals): string =>
  Object.entries(GIVEN_UP)
    .filter(([reason]) => (discards[reason] ?? 0) > 0)
    .map(([reason, words]) => `; ${discards[reason]} ${words} (${reason})`)
    .join('');

/** Failed, as long as nothing more is heard of the nodes in `open`. What still comes from them makes another result of it. */
export function revisableResult(run: Run, open: RecordNode[], config: PlanConfig, completionTime: string): Result {
  const totals = totalsOf(run);
  const { packets } = totals.ledger;
  const lost = open.find((node) => node.stop);
  const drained = open.find((node) => node.drained);
  const until = new Date(Date.parse(totals.stopTime ?? run.stop?.time ?? completionTime) + config.spoolRetentionSeconds * 1000).toISOString();
  const cause = lost ? nodeCause(lost) : drained ? `node "${drained.node}" is drained` : bucketCause(totals);
  const reason = lost?.stop?.reason ?? (drained && packets.pending === 0 ? STOP_REASON.nodeDrained : UPLOAD_INCOMPLETE);
  return { outcome: 'Failed', reason, message: `${packets.uploaded} of ${packets.captured} captured packets are in the bucket, and no more come: ${cause}; what is on the node is kept and tried until ${until}, and a late success completes the run`, completionTime, revisable: true };
}

const nodeCause = ({ node, unreachable }: RecordNode): string => (unreachable ? `node "${node}" can't be asked since ${unreachable.since}` : `node "${node}" could not be asked for long, and delivers what it has now`);

/** The store's own words go to the destination's status. */
function bucketCause({ delivery }: Totals): string {
  if (!delivery || delivery.ok) return 'no agent runs there';
  return `the bucket does not take them (${delivery.reason ?? 'StoreError'}${delivery.httpStatus === undefined ? '' : `, HTTP ${delivery.httpStatus}`})`;
}
