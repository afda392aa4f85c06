// Suspension of a run: since when it lasts, and how much time it took, none of which is the duration's.
import { STOP_REASON } from '../api/reasons.js';
import type { Run } from './record.js';
import { totalsOf } from './totals.js';

/** The run that a spec's `suspend` makes of one. A run that ends or has ended is not touched. */
export function withSuspension(run: Run, suspend: boolean, now: number): Run {
  if (run.result || run.stop || suspend === (run.suspended?.since !== undefined)) return run;
  const totalMs = suspendedMs(run, now);
  const time = new Date(now).toISOString();
  return { ...run, suspended: suspend ? { totalMs, since: time } : { totalMs, until: time } };
}

/** It is to capture nothing, and goes on when it is resumed. */
export const isSuspended = ({ suspended, stop, result }: Run): boolean => suspended?.since !== undefined && !stop && !result;

/** How long it was suspended so far, ms. Before the first tcpdump listened there was nothing to suspend. */
export function suspendedMs(run: Run, now: number): number {
  const { totalMs = 0, since } = run.suspended ?? {};
  const start = totalsOf(run).captureStartTime;
  return since === undefined || start === undefined ? totalMs : totalMs + Math.max(0, now - Math.max(Date.parse(since), Date.parse(start)));
}

/**
 * An agent says that it captures: control takes a moment to reach it, and an agent of an older version does not know the word.
 * One that was asked to suspend listens on until what had arrived is in its files, and only then is what it counted the last word.
 */
export const stillCaptures = ({ nodes }: Run): boolean => nodes.some(({ report }) => report !== undefined && !report.done && (report.phase === 'Capturing' || (report.phase === 'Draining' && report.stopReason === STOP_REASON.suspended)));
