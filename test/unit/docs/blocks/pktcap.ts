// What the plugin's own program says of a command line, up to the moment in which it would ask a cluster.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CommanderError } from 'commander';
import { EXIT } from '../../../../src/cli/exit-codes.js';
import { Failure } from '../../../../src/cli/failure.js';
import { buildProgram } from '../../../../src/cli/program.js';
import { testIo } from '../../cli/test-io.js';

class WouldAsk extends Error {}

let folder: string | undefined;

/** Of the words behind `kubectl pktcap`. undefined: it would run. */
export async function pktcapProblem(args: string[]): Promise<string | undefined> {
  const io = testIo({ cwd: (folder ??= mkdtempSync(path.join(tmpdir(), 'pktcap-'))) });
  const dashes = args.indexOf('--');
  const program = buildProgram({ io, open: () => { throw new WouldAsk(); }, done: () => undefined, trailing: dashes < 0 ? 0 : args.length - dashes - 1 });
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (error instanceof WouldAsk || (error instanceof CommanderError && error.exitCode === 0)) return undefined;
    if (error instanceof CommanderError || (error instanceof Failure && error.exitCode === EXIT.usage)) return `kubectl pktcap ${args.join(' ')}: ${io.err().trim() || error.message}`;
    throw error;
  }
  return undefined;
}
