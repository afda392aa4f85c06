// The oracle, the same for every fault: what a trial's evidence amounts to, and everything in it that must not be.
import { DISCARD_REASON } from '../../../src/api/reasons.js';
import { AGENT_MEMORY_BYTES } from '../../../src/plan/job.js';
import { accountOf, lastManifests } from './account.js';
import { disagreements } from './agreement.js';
import type { Evidence } from './evidence.js';

/** What a fault may cost. Everything else is a violation. */
export interface Allowed {
  /** Reasons that gaps may have; none: there must be no gap. */
  gaps?: string[];
  /** Longest gap; besides, each lies within a disturbance. */
  longestGapMs?: number;
  /** Reasons that discards may have. */
  discards?: string[];
  /** Whether tcpdump may have dropped packets. */
  drops?: boolean;
}

export interface Verdict {
  sent: number;
  uploaded: number;
  reportedLost: number;
  inGaps: number;
  unexplained: number;
  duplicated: number;
  longestGapMs: number;
  violations: string[];
}

/** A gap begins at the last packet on disk, or at the last count: with the kernel's block timeout so long before its cause. */
const LEAD_MS = 2500;
/** What was seen to work again worked a little earlier; a moment later another look may still be under way. */
const TAIL_MS = 500;
export function judge(evidence: Evidence, allowed: Allowed): Verdict {
  const { sent, uploaded, reportedLost, inGaps, unexplained, duplicated, invented, violations } = accountOf(evidence);
  if (unexplained.length > 0) violations.push(`${unexplained.length} packets are nowhere, such as ${unexplained.slice(0, 3).map(({ number, fromMs }) => `${number} of ${new Date(fromMs).toISOString()}`).join(', ')}`);
  if (duplicated.length > 0) violations.push(`${duplicated.length} packets are in the bucket more than once, such as ${duplicated.slice(0, 3).join(', ')}`);
  if (invented.length > 0) violations.push(`${invented.length} packets in the bucket were never sent, such as ${invented.slice(0, 3).join(', ')}`);
  violations.push(...disagreements(evidence), ...lossesNotAllowed(evidence, allowed), ...gapsNotAllowed(evidence, allowed), ...boundsExceeded(evidence));
  return { sent, uploaded, reportedLost, inGaps, unexplained: unexplained.length, duplicated: duplicated.length, longestGapMs: Math.max(0, ...gapsOf(evidence).map(({ fromMs, toMs }) => toMs - fromMs)), violations };
}

const gapsOf = ({ manifests, stated }: Evidence) => [
  ...lastManifests(manifests).flatMap((m) => m.gaps.map(({ target, from, to, reason }) => ({ target, reason, fromMs: Date.parse(from), toMs: Date.parse(to) }))),
  ...(stated.unheard ?? []).map((gap) => ({ ...gap, reason: DISCARD_REASON.spoolLost })),
];

function* lossesNotAllowed({ stated }: Evidence, allowed: Allowed): Generator<string> {
  for (const [reason, packets] of Object.entries(stated.discards)) if (!allowed.discards?.includes(reason)) yield `${packets} packets are discarded (${reason}), which this fault must not cost`;
  const { droppedByKernel, droppedByInterface } = stated.ledger.packets;
  if (!allowed.drops && droppedByKernel + droppedByInterface > 0) yield `tcpdump dropped ${droppedByKernel + droppedByInterface} packets, which this fault must not cost`;
}

function* gapsNotAllowed(evidence: Evidence, allowed: Allowed): Generator<string> {
  for (const { target, reason, fromMs, toMs } of gapsOf(evidence)) {
    const gap = `the gap of ${target} from ${new Date(fromMs).toISOString()} to ${new Date(toMs).toISOString()} (${reason})`;
    if (toMs < fromMs) yield `${gap} ends before it begins`;
    if (!allowed.gaps?.includes(reason)) yield `${gap} has a reason that this fault must not give`;
    if (toMs - fromMs > (allowed.longestGapMs ?? Infinity)) yield `${gap} is longer than ${allowed.longestGapMs} ms`;
    if (!evidence.disturbances.some((d) => fromMs >= d.fromMs - LEAD_MS && toMs <= d.toMs + TAIL_MS)) {
      yield `${gap} is longer than what went wrong: ${evidence.disturbances.map((d) => `${new Date(d.fromMs).toISOString()} to ${new Date(d.toMs).toISOString()}`).join(', ') || 'nothing did'}`;
    }
  }
}

function* boundsExceeded({ spool, peakMemoryBytes }: Evidence): Generator<string> {
  if (spool.peakBytes > spool.boundBytes) yield `the spool took ${spool.peakBytes} bytes of the disk, its bound is ${spool.boundBytes}`;
  if (peakMemoryBytes > AGENT_MEMORY_BYTES) yield `an agent took ${peakMemoryBytes} bytes of memory, its bound is ${AGENT_MEMORY_BYTES}`;
}
