// What happens to a capture while it is followed, as lines: one where its run, phase or reason is another than before.
import { printable } from '../../api/printable.js';
import { CONDITION } from '../../api/reasons.js';
import type { CaptureObject } from '../capture.js';
import { conditionOf, isCurrent, wordsOf } from './condition.js';

export type Course = (capture: CaptureObject) => string[];

/** Asked with each version in turn. */
export function createCourse(): Course {
  let last: { run: string | undefined; state: string } | undefined;
  return (capture) => {
    const { metadata, status } = capture;
    const run = status?.run?.id;
    const ready = conditionOf(capture, CONDITION.ready);
    const state = [isCurrent(capture), metadata.deletionTimestamp !== undefined, status?.phase, ready?.reason].join(' ');
    const isAnotherRun = last?.run !== undefined && run !== undefined && run !== last.run;
    const lines = isAnotherRun ? [`run ${printable(last?.run ?? '')} is over${reasonOf(capture, last?.run)}: run ${printable(run)} is the one that is followed now`] : [];
    if (state !== last?.state) lines.push(lineOf(capture));
    last = { run: run ?? last?.run, state };
    return lines;
  };
}

function lineOf(capture: CaptureObject): string {
  const { metadata, status } = capture;
  if (metadata.deletionTimestamp !== undefined) return 'it is being deleted: what was captured is delivered first';
  if (!isCurrent(capture)) return status?.phase === undefined ? 'the operator has not looked at it yet' : 'its spec was edited, and the operator has not looked at that yet';
  const phase = status?.phase ?? 'Pending';
  const ready = conditionOf(capture, CONDITION.ready);
  // A reason that is the phase's own word says nothing more.
  return `${printable(phase)}: ${wordsOf(ready?.reason === phase ? { ...ready, reason: undefined } : ready)}`;
}

function reasonOf({ status }: CaptureObject, id: string | undefined): string {
  const reason = status?.previousRuns?.find((run) => run.id === id)?.stopReason;
  return reason === undefined ? '' : ` (${printable(reason)})`;
}
