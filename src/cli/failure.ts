// The one error that commands throw for people: a sentence with the value at fault and the fix, and the exit code.
import { EXIT, type ExitCode } from './exit-codes.js';

export class Failure extends Error {
  constructor(
    message: string,
    readonly exitCode: ExitCode = EXIT.error,
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.name = 'Failure';
  }
}
