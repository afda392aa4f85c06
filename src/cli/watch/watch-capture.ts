// Follows a capture to its end, and shows it: as a picture that is drawn anew on a terminal, as lines elsewhere.
import { EXIT, type ExitCode } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { followCapture } from '../observe/follow.js';
import { outcomeOf, type Outcome } from '../observe/outcome.js';
import type { Session } from '../session.js';
import { terminalSize } from '../terminal/terminal.js';
import type { View } from './frame.js';
import { NO_HISTORY, withSeen } from './history.js';
import { linesDisplay, screenDisplay } from './display.js';

/** As `wait` it throws a Failure where the capture is not there or goes. */
export async function watchCapture(session: Session, name: string): Promise<ExitCode> {
  const { io } = session;
  const ending = new AbortController();
  const display = terminalSize(io, 'stdout') ? screenDisplay(io) : linesDisplay(io);
  let view: View | undefined;
  let outcome: Outcome | undefined;
  try {
    const how = await followCapture(session, name, {
      signal: AbortSignal.any([io.signal, ending.signal]),
      onSeen(capture) {
        view = { capture, history: withSeen(view?.history ?? NO_HISTORY, capture, io.clock.monotonic()) };
        outcome = outcomeOf(capture, 'finished');
        display.seen(view, outcome === undefined);
        if (outcome) ending.abort();
      },
      onTrouble(trouble) {
        if (!view || trouble === view.trouble) return;
        view = { capture: view.capture, history: view.history, ...(trouble !== undefined && { trouble }) };
        display.changed(view);
      },
    });
    display.end();
    if (outcome) {
      io.stdout.write(`${outcome.sentence}\n`);
      return outcome.exitCode;
    }
    if (how === 'gone') throw new Failure(`packetcapture/${name} was deleted`, EXIT.notFound);
    return EXIT.interrupted;
  } finally {
    display.end();
  }
}
