// The plugin in this process: a command line, what it wrote, and the code it ended with.
import type { Io } from '../../../src/cli/io.js';
import { runCli } from '../../../src/cli/program.js';
import { testIo, type TestIo } from './test-io.js';

/** `env` is the whole environment; without it there is no kubeconfig. Without a size there is no terminal. */
export type RunOptions = Partial<Io> & { size?: { columns: number; rows: number } };

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

export const run = (args: string[], options?: RunOptions): Promise<Ran> => start(args, options).ended;

/** A command under way: what it has written so far, and ways to end it. */
export function start(args: string[], options: RunOptions = {}): TestIo & { ended: Promise<Ran> } {
  const io = testIo({ env: { HOME: '/nonexistent' }, ...options });
  return { ...io, ended: runCli(args, io).then((code) => ({ code, stdout: io.out(), stderr: io.err() })) };
}
