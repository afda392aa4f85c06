// What invariant 1 says of a run: every number that was sent is in the bucket exactly once, or in a reported gap; and all numbers agree.
import { expect } from '@jest/globals';
import { balances } from '../../../../src/protocol/ledger.js';
import type { Report } from '../../../../src/protocol/report.js';
import type { TestNode } from './agent-process.js';

/** Milliseconds by which a sender's clock reading may differ from the kernel's time stamp. */
const SLACK_MS = 5;

export function expectBalanced({ ledger, targets }: Report): void {
  for (const l of [ledger, ...targets.map((t) => t.ledger)]) {
    for (const account of [l.packets, l.files, l.bytes]) expect({ account, balances: balances(account) }).toEqual({ account, balances: true });
  }
}

export interface Sent {
  number: number;
  /** The kernel had it between these two. */
  ms: number;
  untilMs: number;
}

/** Numbers that are missing outside every gap, and numbers that are there twice. Both must be none. `target`: whose gaps count; those of all. */
export function unexplained(node: TestNode, sent: Sent[], attempt: number, target?: string): { missing: Sent[]; twice: number[] } {
  const seen = new Map<number, number>();
  for (const { number } of node.records()) seen.set(number, (seen.get(number) ?? 0) + 1);
  const gaps = node.manifest(attempt).gaps.filter((gap) => target === undefined || gap.target === target).map(({ from, to }) => ({ fromMs: Date.parse(from), toMs: Date.parse(to) }));
  const inGap = ({ ms, untilMs }: Sent): boolean => gaps.some(({ fromMs, toMs }) => untilMs >= fromMs - SLACK_MS && ms <= toMs + SLACK_MS);
  return {
    missing: sent.filter((s) => !seen.has(s.number) && !inGap(s)),
    twice: [...seen].filter(([, times]) => times > 1).map(([number]) => number),
  };
}
