// How soon a capture is looked at again though nothing happened: an agent's report comes by asking, everything else is watched.
import type { ChildActions } from './children.js';
import { isSettled, type Run, type RunRecord } from './record.js';
import { workingSpec } from './run.js';
import { isSuspended, stillCaptures } from './suspension.js';
import { totalsOf, type Totals } from './totals.js';
import type { Obstacle } from './waiting.js';

const ACTIVE_MS = 1000;
/** What was captured is mostly delivered within seconds, and people wait for it: so soon, and for so long. */
const ENDING_MS = 250;
const SOON_OVER_MS = 15_000;
const FIRST_MINUTE_MS = 60_000;
/** A recorder may run for weeks: once it records, and nobody waits for a snapshot, its counters are all that changes. */
const QUIET_MS = 5000;
const WAITING_MS = 15_000;

export interface Poll {
  /** Look again after this long even if nothing happens, ms. */
  lookAgainMs?: number;
  /** It captures, and nobody waits for anything but its numbers: whoever has more to do may go first. */
  forNumbers?: true;
}

/** It captures, or is waited for. */
export const isActive = (run: Run | undefined): boolean => run !== undefined && run.result === undefined;

/** Something may still be delivered. */
export const isOpen = (run: Run | undefined): boolean => run !== undefined && !isSettled(run);

/** A refused spec waits for an edit. Every other obstacle may go by itself, that of a refused pod too: with the next pod of the name. */
export function pollPresent(record: RunRecord | undefined, wantedSnapshot: string | undefined, obstacle: Obstacle | undefined, children: ChildActions, now: number): Poll {
  if (record?.draining && isActive(record.draining)) return activePoll(record.draining, true, now);
  if (record && isActive(record.run)) return activePoll(record.run, wantedSnapshot !== undefined, now);
  if (children.lookAgainMs !== undefined) return { lookAgainMs: children.lookAgainMs };
  return obstacle || isOpen(record?.run) || isOpen(record?.draining) ? { lookAgainMs: WAITING_MS } : {};
}

function activePoll(run: Run, isWaitedFor: boolean, now: number): Poll {
  const totals = totalsOf(run);
  if (isEnding(run, totals, now)) return { lookAgainMs: ENDING_MS };
  if (isWaitedFor || run.stop || totals.captureStartTime === undefined) return { lookAgainMs: ACTIVE_MS };
  if (isQuiet(run, totals.captureStartTime, totals, now)) return { lookAgainMs: QUIET_MS, forNumbers: true };
  return { lookAgainMs: ACTIVE_MS, ...(stillCaptures(run) && { forNumbers: true }) };
}

/** Nothing more is captured, since a moment ago. The clock of a node may be another. */
function isEnding(run: Run, { stopTime }: Totals, now: number): boolean {
  const since = (stillCaptures(run) ? undefined : stopTime) ?? run.stop?.time;
  return since !== undefined && Math.abs(now - Date.parse(since)) < SOON_OVER_MS;
}

function isQuiet(run: Run, captureStartTime: string, { ledger }: Totals, now: number): boolean {
  if (now - Date.parse(captureStartTime) < FIRST_MINUTE_MS) return false;
  if (isSuspended(run)) return !stillCaptures(run) && ledger.packets.pending === 0;
  return stillCaptures(run) && workingSpec(run)?.upload.policy === 'OnDemand';
}

/** The object is gone. Of what only has to go, the going is watched. */
export function pollOrphan(record: RunRecord, children: ChildActions): Poll {
  if (isActive(record.run) || isActive(record.draining) || children.deleteJobs.length + children.deleteSecrets.length > 0) return { lookAgainMs: ACTIVE_MS };
  return isOpen(record.run) || isOpen(record.draining) ? { lookAgainMs: WAITING_MS } : {};
}
