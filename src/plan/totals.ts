// What a run amounts to: the sum of its nodes' newest reports and of every spool that was lost before them.
import { STOP_REASON } from '../api/reasons.js';
import { addLedgers, emptyLedger, type Ledger } from '../protocol/ledger.js';
import { isNewer, together } from '../protocol/heard.js';
import type { Delivery, Report, ReportedFile, ReportedTarget } from '../protocol/report.js';
import { accountOf, silenceOf, type SilentNode } from './node-account.js';
import type { RecordNode, Run } from './record.js';

const RECENT_FILES_KEPT = 10;

export interface Totals {
  ledger: Ledger;
  gaps: Report['gaps'];
  /** Packets discarded against the user's wish, by reason. */
  discards: Record<string, number>;
  captureStartTime?: string;
  stopTime?: string;
  stopReason?: string;
  targets: (ReportedTarget & { node: string })[];
  recentFiles: ReportedFile[];
  /** The worst of what the nodes hear from the bucket. */
  delivery?: Delivery;
  /** Nodes whose newest numbers nobody can ask for. */
  silent: SilentNode[];
}

/** A node with what was heard of its agent taken in. A report of another spool means that the former one is lost with what was pending in it. `targets`: those that the run still lists. */
export function withReport(node: RecordNode, heard: Report | undefined, targets: { name: string }[]): RecordNode {
  const known = node.report;
  const report = heard && withoutWork(heard);
  if (!report || !known) return report ? { ...node, report } : node;
  if (known.spool !== report.spool) return isNewer(report, known) ? { ...node, report, lostSpools: [...node.lostSpools, known] } : node;
  const all = together(known, report);
  return { ...node, report: { ...all, targets: all.targets.filter(({ name, asOf }) => asOf === undefined || targets.some((t) => t.name === name)) } };
}

/** Of a process, for metrics: nothing is decided by it, and a record is written and read as a whole. */
const withoutWork = ({ work: _work, ...report }: Report): Report => report;

const least = (a: string | undefined, b: string | undefined): string | undefined => (a === undefined ? b : b === undefined || a <= b ? a : b);
const greatest = (a: string | undefined, b: string | undefined): string | undefined => (a === undefined ? b : b === undefined || a >= b ? a : b);

/** The account of every spool of a run, lost ones settled. */
export const reportsOf = (run: Run): (Report & { node: string })[] => run.nodes.flatMap((node) => accountOf(node, run).map((report) => ({ ...report, node: node.node })));

export function totalsOf(run: Run): Totals {
  const totals: Totals = { ledger: emptyLedger(), gaps: { count: 0, seconds: 0, suspended: { count: 0, seconds: 0 } }, discards: {}, targets: [], recentFiles: [], silent: run.nodes.flatMap((node) => silenceOf(node) ?? []) };
  for (const report of reportsOf(run)) addReport(totals, report);
  totals.recentFiles = totals.recentFiles.sort((a, b) => (b.lastPacketTime ?? '').localeCompare(a.lastPacketTime ?? '')).slice(0, RECENT_FILES_KEPT);
  return totals;
}

const addGaps = (a: { count: number; seconds: number }, b: { count: number; seconds: number }) => ({ count: a.count + b.count, seconds: a.seconds + b.seconds });

function addReport(totals: Totals, report: Report): void {
  totals.ledger = addLedgers(totals.ledger, report.ledger);
  totals.gaps = { ...addGaps(totals.gaps, report.gaps), suspended: addGaps(totals.gaps.suspended, report.gaps.suspended) };
  for (const [reason, packets] of Object.entries(report.discards)) totals.discards[reason] = (totals.discards[reason] ?? 0) + packets;
  const start = least(totals.captureStartTime, report.captureStartTime);
  if (start !== undefined) totals.captureStartTime = start;
  // What is suspended has not ended.
  if (report.stopReason !== STOP_REASON.suspended) {
    const stop = greatest(totals.stopTime, report.stopTime);
    if (stop !== undefined) totals.stopTime = stop;
    if (report.stopReason !== undefined) totals.stopReason = report.stopReason;
  }
  totals.targets.push(...report.targets.map((target) => ({ ...target, node: report.node })));
  totals.recentFiles.push(...report.recentFiles);
  if (report.delivery && (totals.delivery === undefined || (totals.delivery.ok && !report.delivery.ok))) totals.delivery = report.delivery;
}

/** What was said of a target last. */
export const reportedTarget = ({ targets }: Totals, name: string): Totals['targets'][number] | undefined => targets.filter((target) => target.name === name).at(-1);

/** What was discarded against the user's wish, and what tcpdump dropped. */
export const lostPackets = (ledger: Ledger): number => ledger.packets.discarded - ledger.packets.released + ledger.packets.droppedByKernel + ledger.packets.droppedByInterface;
