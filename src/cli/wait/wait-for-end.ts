// Waits until a capture has come to a goal: its course on stderr, what came on stdout.
import { printable } from '../../api/printable.js';
import { formatDuration } from '../../api/duration.js';
import { CONDITION } from '../../api/reasons.js';
import type { CaptureObject } from '../capture.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { conditionOf, wordsOf } from '../observe/condition.js';
import { durationMsOf } from '../observe/duration.js';
import { createCourse } from '../observe/course.js';
import { followCapture } from '../observe/follow.js';
import { nameOf, outcomeOf, type Goal, type Outcome } from '../observe/outcome.js';
import { troubleTeller } from '../observe/trouble.js';
import type { Session } from '../session.js';

export interface WaitOptions {
  timeoutMs: number;
  /** Default: finished. */
  goal?: Goal;
}

/** Follows the object's current run, whichever that is. Throws a Failure where the time is over (EXIT.timeout) and where the capture is not there or goes (EXIT.notFound). */
export async function waitForEnd(session: Session, name: string, { timeoutMs, goal = 'finished' }: WaitOptions): Promise<ExitCode> {
  const { io } = session;
  const ending = new AbortController();
  // One look is taken in any case.
  let isTimeOver = false;
  const cancel = io.clock.schedule(timeoutMs, () => {
    isTimeOver = true;
    if (last) ending.abort();
  });
  const course = createCourse();
  let last: CaptureObject | undefined;
  let outcome: Outcome | undefined;
  const say = (line: string): void => void io.stderr.write(`${name}: ${line}\n`);
  const trouble = troubleTeller(say);
  try {
    const how = await followCapture(session, name, {
      signal: AbortSignal.any([io.signal, ending.signal]),
      onSeen(capture) {
        last = capture;
        outcome = outcomeOf(capture, goal);
        if (!outcome) for (const line of course(capture)) say(line);
        if (outcome || isTimeOver) ending.abort();
      },
      onTrouble: trouble,
    });
    if (outcome) {
      io.stdout.write(`${outcome.sentence}\n`);
      return outcome.exitCode;
    }
    if (how === 'gone') throw new Failure(`packetcapture/${name} was deleted while it was waited for${last ? lastWords(last) : ''}`, EXIT.notFound);
    if (io.signal.aborted) return EXIT.interrupted;
    throw new Failure(`packetcapture/${name} is not ${goal} within ${formatDuration(timeoutMs)}${last ? lastWords(last) : ''}; it goes on${hint(last)}`, EXIT.timeout);
  } finally {
    cancel();
  }
}

const lastWords = (capture: CaptureObject): string => `; last seen: ${nameOf(capture)}, ${printable(capture.status?.phase ?? 'not looked at by the operator')}${capture.status?.phase ? ` (${wordsOf(conditionOf(capture, CONDITION.ready))})` : ''}`;

/** A flight recorder has no end of its own. */
const hint = (capture: CaptureObject | undefined): string => (capture && durationMsOf(capture) === 0 ? `; its duration is 0s, so it records until it is stopped: kubectl pktcap stop ${capture.metadata.name}` : '');
