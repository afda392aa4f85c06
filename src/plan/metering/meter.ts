// What counters grow by at a look at a capture. Every look says what it saw; only what is above all that was seen before is counted.
//
// A process that looks at a capture for the first time (it was started, or leads now) takes for counted what the stored record says, which is
// written at each turn of a run, and what the status says, which is written every few seconds. So over all processes a packet is counted once, but
// - what was counted after the last status was written is counted again: 10 s of a capture at most, as long as its status could be written,
// - of uploads (durations and errors), which are written down nowhere, what happened while nobody looked is not counted, where their agent was
//   heard of before; and what an agent did after its last report that was read, where its process was killed.
// What a killed operator had counted and nobody had scraped is gone with it, as with every counter.
import type { PacketCaptureStatus } from '../../api/packetcapture-status.js';
import type { Report } from '../../protocol/report.js';
import type { RecordNode, Run, RunRecord } from '../record.js';
import { totalsOf } from '../totals.js';
import { amountsOf, amountsTold, discardsToldBesides, grownBy, mostOf, noAmounts, type Amounts } from './amounts.js';
import { grownUploads, type Uploads } from './uploads.js';

interface CountedRun {
  amounts: Amounts;
  /** Lost packets that were counted by somebody else under reasons that nobody wrote down: the next so many are those. */
  lostBefore: number;
}

/** What one process knows to be counted of a capture. */
export interface Counted {
  runs: Readonly<Record<string, CountedRun>>;
  /** By run and node: what the agent's process there said last. */
  uploads: Readonly<Record<string, Uploads>>;
}

export interface Look {
  /** The record and the status as they are stored: what this look decides on is not in them yet. */
  stored: RunRecord | undefined;
  status: PacketCaptureStatus | undefined;
  /** As it shall be. */
  record: RunRecord;
  /** The newest report of an agent's pod. */
  report: (podUID: string) => Report | undefined;
}

export interface Increments {
  amounts: Amounts;
  /** Seconds from a run's start to the first tcpdump that listened, of each run that got so far. */
  startSeconds: number[];
  uploads: Omit<Uploads, 'process'>[];
}

/** `counted`: undefined at a process's first look at the capture. */
export function meter(counted: Counted | undefined, look: Look): { counted: Counted; increments: Increments } {
  const next = { runs: {} as Record<string, CountedRun>, uploads: {} as Record<string, Uploads> };
  const increments: Increments[] = [];
  for (const run of runsOf(look.record)) {
    const stored = look.stored && runsOf(look.stored).find(({ id }) => id === run.id);
    const of = counted?.runs[run.id] ?? (stored ? countedBefore(stored, run, look.status) : { amounts: noAmounts(), lostBefore: 0 });
    const now = amountsOf(run);
    const grown = withoutLost(grownBy(of.amounts, now), of.lostBefore);
    next.runs[run.id] = { amounts: mostOf(of.amounts, now), lostBefore: grown.lostBefore };
    increments.push({ amounts: grown.amounts, startSeconds: grown.amounts.numbers.started > 0 ? [startSeconds(run)] : [], uploads: [] });
    for (const node of run.nodes) {
      const said = uploadsOf(node, look);
      const key = `${run.id}/${node.node}`;
      const before = counted?.uploads[key];
      const current = said ?? before;
      if (current) next.uploads[key] = current;
      const wasHeard = stored?.nodes.some((n) => n.node === node.node && n.report !== undefined);
      if (said && (counted !== undefined || !wasHeard)) increments.push({ amounts: noAmounts(), startSeconds: [], uploads: [grownUploads(before, said)] });
    }
  }
  return { counted: next, increments: together(increments) };
}

const runsOf = ({ run, draining }: RunRecord): Run[] => (draining ? [run, draining] : [run]);

const countedBefore = (stored: Run, run: Run, status: PacketCaptureStatus | undefined): CountedRun => ({
  amounts: mostOf(amountsOf(stored), amountsTold(status, run)),
  lostBefore: discardsToldBesides(status, stored),
});

/** Takes so many lost packets off, of whatever reason they are. */
function withoutLost({ numbers, lost }: Amounts, lostBefore: number): CountedRun {
  let left = lostBefore;
  const rest = Object.entries(lost).map(([reason, packets]): [string, number] => {
    const off = isDrop(reason) ? 0 : Math.min(left, packets);
    left -= off;
    return [reason, packets - off];
  });
  return { amounts: { numbers, lost: Object.fromEntries(rest) }, lostBefore: left };
}

/** What tcpdump dropped was told by its own name. */
const isDrop = (reason: string): boolean => reason === 'DroppedByKernel' || reason === 'DroppedByInterface';

/** By the node's clock, and the operator's. */
const startSeconds = (run: Run): number => Math.max(0, (Date.parse(totalsOf(run).captureStartTime ?? run.startTime) - Date.parse(run.startTime)) / 1000);

function uploadsOf({ addressed }: RecordNode, { report }: Look): Uploads | undefined {
  const work = addressed && report(addressed.podUID)?.work;
  return work && { process: work.process, ...work.uploads };
}

const together = (increments: Increments[]): Increments => ({
  amounts: { numbers: sum(increments.map(({ amounts }) => amounts.numbers), noAmounts().numbers), lost: sum(increments.map(({ amounts }) => amounts.lost), {}) },
  startSeconds: increments.flatMap((i) => i.startSeconds),
  uploads: increments.flatMap((i) => i.uploads),
});

function sum<K extends string>(all: Record<K, number>[], none: Record<K, number>): Record<K, number> {
  const total = { ...none };
  for (const one of all) for (const [key, n] of Object.entries(one) as [K, number][]) total[key] = (total[key] ?? 0) + n;
  return total;
}
