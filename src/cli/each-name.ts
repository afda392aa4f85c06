// One thing done to each of several captures: what goes wrong with one holds up no other.
import { failureOf } from './failure-of.js';
import { Failure } from './failure.js';
import type { Session } from './session.js';

/** One after the other. Throws at the end what went wrong, with the code of the first. */
export async function eachName(session: Session, names: readonly string[], act: (name: string) => Promise<void>): Promise<void> {
  const failures: Failure[] = [];
  for (const name of names) {
    try {
      await act(name);
    } catch (error) {
      if (session.io.signal.aborted) throw error;
      failures.push(failureOf(error, session));
    }
  }
  const [first] = failures;
  if (first) throw new Failure(failures.map(({ message }) => message).join('\nerror: '), first.exitCode, { cause: first });
}
