// How a command is defined: a function of what the program gives it, in a file of its own under commands/.
import type { Command } from 'commander';
import type { ExitCode } from './exit-codes.js';
import type { Io } from './io.js';
import type { OpenSession } from './session.js';

export interface CommandParts {
  io: Io;
  open: OpenSession;
  /** With what code the program ends, where that is not 0. Errors are thrown. */
  done: (code: ExitCode) => void;
  /** How many of the last arguments stand behind a `--`. */
  trailing: number;
}
export type DefineCommand = (parts: CommandParts) => Command;
