// A node's reports as they count: with what is known to be lost, and what its agent can no longer say itself.
import { DISCARD_REASON, STOP_REASON } from '../api/reasons.js';
import type { Report, ReportedTarget } from '../protocol/report.js';
import { endUnheard } from './node-fate.js';
import type { RecordNode, Run } from './record.js';

/** In the order in which they were written; the last one is the newest. */
export function accountOf(node: RecordNode, run: Run): Report[] {
  const { lostSpools, report, lost } = node;
  const earlier = lostSpools.map((spool, n) => unheardUntil(loseSpool(spool), (lostSpools[n + 1] ?? report)?.captureStartTime));
  if (!report) return earlier;
  if (lost) return [...earlier, unheardUntil(withTargets(loseSpool(report), (target) => ended(target, lost.reason)), (node.stop ?? run.stop ?? lost).time)];
  return [...earlier, withTargets(report, (target) => asKnown(target, node))];
}

/** A lost spool's account: what was pending in it is discarded. */
function loseSpool(report: Report): Report {
  const settle = <A extends { pending: number; discarded: number }>(a: A): A => ({ ...a, pending: 0, discarded: a.discarded + a.pending });
  const settled = (ledger: Report['ledger']): Report['ledger'] => ({ packets: settle(ledger.packets), files: settle(ledger.files), bytes: settle(ledger.bytes) });
  const { ledger, discards, targets, snapshots, time } = report;
  return {
    ...report,
    ledger: settled(ledger),
    discards: { ...discards, [DISCARD_REASON.spoolLost]: (discards[DISCARD_REASON.spoolLost] ?? 0) + ledger.packets.pending },
    snapshots: snapshots.map((s) => ({ ...s, packets: settle(s.packets), completionTime: s.completionTime ?? time })),
    targets: targets.map((target) => ({ ...target, ledger: settled(target.ledger) })),
  };
}

/** Nobody knows what an agent captured after what its last word counts, and that it captured anything: a gap, as far as anybody can prove. */
function unheardUntil(report: Report, time: string | undefined): Report {
  const seconds = time === undefined || !endUnheard({ report }) || report.captureStartTime === undefined ? 0 : (Date.parse(time) - Date.parse(report.countedTime ?? report.time)) / 1000;
  return seconds > 0 ? { ...report, gaps: { ...report.gaps, count: report.gaps.count + 1, seconds: report.gaps.seconds + seconds } } : report;
}

const withTargets = (report: Report, change: (target: ReportedTarget) => ReportedTarget): Report => ({ ...report, targets: report.targets.map(change) });

const LIVE_STATES = new Set(['Pending', 'Capturing', 'Suspended', 'Draining']);

const ended = (target: ReportedTarget, reason: string): ReportedTarget => (LIVE_STATES.has(target.state) ? { ...target, state: 'Ended', stopReason: target.stopReason ?? reason } : target);

/** What the last word of an agent says of its targets is not so any more where it was taken away, or can't be asked. */
function asKnown(target: ReportedTarget, { stop, unreachable, drained, report }: RecordNode): ReportedTarget {
  if (target.state !== 'Capturing' || report?.done) return target;
  if (stop && unreachable) return { ...ended(target, stop.reason), reason: stop.reason, message: `its node can't be asked since ${unreachable.since}` };
  return drained ? { ...target, state: 'Pending', reason: STOP_REASON.nodeDrained, message: `its node is cordoned since ${drained.since}, and its capture pod was taken away` } : target;
}

export interface SilentNode {
  node: string;
  reason: 'NodeUnreachable' | 'NodeDrained';
  since: string;
}

/** A node that captured, and whose newest numbers nobody can ask for. */
export function silenceOf({ node, report, unreachable, drained }: RecordNode): SilentNode | undefined {
  if (report?.captureStartTime === undefined || report.done) return undefined;
  if (unreachable) return { node, reason: 'NodeUnreachable', since: unreachable.since };
  return drained && { node, reason: 'NodeDrained', since: drained.since };
}
