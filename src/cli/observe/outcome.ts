// What a capture came to, as the last line that people read and the exit code that scripts branch on.
import { printable } from '../../api/printable.js';
import { formatBytes } from '../../api/quantity.js';
import { CONDITION } from '../../api/reasons.js';
import type { CaptureObject } from '../capture.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { conditionOf, isCurrent, isTrue, wordsOf } from './condition.js';

/**
 * finished: the run has ended, well or not. complete: the same, but a run that failed for packets that may still reach the bucket is waited for.
 * capturing: tcpdump listens.
 */
export const GOALS = ['complete', 'capturing', 'finished'] as const;
export type Goal = (typeof GOALS)[number];

export interface Outcome {
  exitCode: ExitCode;
  sentence: string;
}

/** undefined as long as it has not come to the goal, and still may. */
export function outcomeOf(capture: CaptureObject, goal: Goal): Outcome | undefined {
  if (!isCurrent(capture)) return undefined;
  if (goal === 'capturing') return capturingOutcome(capture);
  if (goal === 'complete' && mayStillComplete(capture)) return undefined;
  return finishedOutcome(capture);
}

function finishedOutcome(capture: CaptureObject): Outcome | undefined {
  if (isTrue(capture, CONDITION.complete)) return completeOutcome(capture);
  const { status } = capture;
  // A spec that cannot be carried out has no run that could end.
  if (!isTrue(capture, CONDITION.failed) && !(status?.phase === 'Failed' && status.run === undefined)) return undefined;
  const uploaded = status?.packets?.uploaded ?? 0;
  return { exitCode: EXIT.failed, sentence: `${nameOf(capture)} failed: ${wordsOf(conditionOf(capture, CONDITION.ready))}${uploaded > 0 ? `; what was delivered is in ${placeOf(capture)}` : ''}` };
}

function completeOutcome(capture: CaptureObject): Outcome {
  const { packets, files, bytes } = capture.status ?? {};
  const complete = conditionOf(capture, CONDITION.complete);
  const missing = complete?.reason === 'SomeTargetsFailed' ? `; ${wordsOf(complete)}` : '';
  const [exitCode, loss] = lossOf(capture);
  return { exitCode, sentence: `${nameOf(capture)} is complete: ${packets?.uploaded ?? 0} packets in ${files?.uploaded ?? 0} files (${formatBytes(bytes?.uploaded ?? 0)}) in ${placeOf(capture)}${missing}; ${loss}` };
}

/** What nobody knows counts as lost: EXIT.ok promises that nothing was. */
function lossOf(capture: CaptureObject): [ExitCode, string] {
  const loss = conditionOf(capture, CONDITION.lossDetected);
  if (loss?.status === 'False') return [EXIT.ok, 'nothing was lost'];
  if (loss?.status === 'True') return [EXIT.lossy, `packets were lost: ${wordsOf(loss)}`];
  return [EXIT.lossy, `whether packets were lost is not known${loss ? `: ${wordsOf(loss)}` : ''}`];
}

function capturingOutcome(capture: CaptureObject): Outcome | undefined {
  const capturing = conditionOf(capture, CONDITION.capturing);
  if (capturing?.status === 'True') return { exitCode: EXIT.ok, sentence: `${nameOf(capture)} is capturing: ${printable(capturing.message ?? '')}` };
  const ended = finishedOutcome(capture);
  if (ended?.exitCode === EXIT.failed) return ended;
  if (!ended && capture.status?.phase !== 'Uploading') return undefined;
  return { exitCode: EXIT.failed, sentence: `${nameOf(capture)} no longer captures: ${wordsOf(capturing)}` };
}

/** The agent stays with what is on its node, and tries on: as the operator says for each of these. */
const REVISABLE = new Set(['UploadIncomplete', 'NodeLost', 'NodeDrained']);
const mayStillComplete = (capture: CaptureObject): boolean => isTrue(capture, CONDITION.failed) && REVISABLE.has(conditionOf(capture, CONDITION.failed)?.reason ?? '');

/** With its run, since the next run has the same name. */
export function nameOf({ metadata, status }: CaptureObject): string {
  return `packetcapture/${metadata.name}${status?.run?.id === undefined ? '' : ` run ${printable(status.run.id)}`}`;
}

const placeOf = ({ status }: CaptureObject): string => printable(status?.run?.location ?? 'an unknown place');
