// The command line: every command by its name, and what becomes of errors.
import { Command, CommanderError } from 'commander';
import { COMMANDS } from './commands.js';
import { complete } from './completion/complete.js';
import type { CommandParts } from './definition.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { failureOf } from './failure-of.js';
import { addGlobalFlags, globalFlags } from './flags.js';
import { HELP_LAYOUT, HELP_WIDTH } from './help.js';
import { ClosedPipe, type Io } from './io.js';
import { openSession } from './open-session.js';
import { printableLines } from './output/printable-lines.js';
import type { Session } from './session.js';
import { VERSION } from './version.js';

/** As programs of cobra have it, and as the script kubectl_complete-pktcap calls it. */
const COMPLETE = '__complete';
const DESCRIPTION = 'Packets out of pods, verified, in files: start captures, follow them, fetch what they captured.';

/** The whole program. Nothing is read and nothing is asked before a command's action runs. */
export function buildProgram(parts: CommandParts): Command {
  const program = new Command('kubectl pktcap')
    .description(DESCRIPTION)
    .usage('COMMAND [flags]')
    .version(VERSION, '--version', "print the plugin's version")
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    // So that a value behind a command is never taken for a flag of the program.
    .enablePositionalOptions()
    .exitOverride()
    .configureHelp(HELP_LAYOUT)
    .configureOutput({
      writeOut: (text) => void parts.io.stdout.write(text),
      writeErr: (text) => void parts.io.stderr.write(printableLines(text)),
      getOutHelpWidth: () => HELP_WIDTH,
      getErrHelpWidth: () => HELP_WIDTH,
    });
  addGlobalFlags(program, { shown: true });
  for (const define of COMMANDS) {
    const command = define(parts).copyInheritedSettings(program).helpOption('-h, --help', 'print this help');
    addGlobalFlags(command, { shown: false });
    command.addHelpText('after', '\nEvery command takes the flags of kubectl too: see `kubectl pktcap --help`.');
    program.addCommand(command);
  }
  program.addHelpText('after', '\n`kubectl pktcap COMMAND --help` tells of a command, with examples.');
  return program;
}

/** Runs one command line (without the program's own name). */
export async function runCli(args: string[], io: Io): Promise<ExitCode> {
  let exitCode: ExitCode | undefined;
  let active: Command | undefined;
  let session: Session | undefined;
  const dashes = args.indexOf('--');
  const parts: CommandParts = {
    io,
    open: () => (session ??= openSession(active ? globalFlags(active) : {}, io)),
    done: (code) => { exitCode = code; },
    trailing: dashes < 0 ? 0 : args.length - dashes - 1,
  };
  const program = buildProgram(parts).hook('preAction', (_, command) => { active = command; });
  if (args[0] === COMPLETE) {
    await complete(args.slice(1), { program, io, open: (flags, signal) => openSession(flags, io, signal) });
    return EXIT.ok;
  }
  try {
    await program.parseAsync(args, { from: 'user' });
    if (io.signal.aborted && (exitCode === undefined || exitCode === EXIT.interrupted)) return ended(io);
    return exitCode ?? EXIT.ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (io.signal.aborted) return ended(io);
    const failure = failureOf(error, session);
    io.stderr.write(`error: ${printableLines(failure.message)}\n`);
    return failure.exitCode;
  } finally {
    session?.kube.close();
  }
}

/** Whoever closed the pipe has read what he wanted. */
const ended = ({ signal }: Io): ExitCode => (signal.reason instanceof ClosedPipe ? EXIT.ok : EXIT.interrupted);
