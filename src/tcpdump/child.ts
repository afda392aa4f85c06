// A short-lived child: argv in, exit code and bounded output out. No shell.
import { spawn } from 'node:child_process';

export interface ChildResult {
  /** undefined where a signal ended it. */
  code: number | undefined;
  signal: string | undefined;
  stdout: string;
  stderr: string;
}

export interface ChildOptions {
  /** Inherited as descriptors 3, 4, … */
  descriptors?: number[];
  timeoutMs?: number;
  maxOutputBytes?: number;
}

/** The whole environment of a child: nothing of the agent's own reaches it. */
export const CHILD_ENV = { PATH: process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin', TZ: 'UTC', LC_ALL: 'C' };

export type RunChild = (argv: [string, ...string[]], options?: ChildOptions) => Promise<ChildResult>;

/** Rejects only where the program could not be started at all. */
export const runChild: RunChild = ([program, ...args], { descriptors = [], timeoutMs = 30_000, maxOutputBytes = 4 * 2 ** 20 } = {}) =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: CHILD_ENV, stdio: ['ignore', 'pipe', 'pipe', ...descriptors], timeout: timeoutMs, killSignal: 'SIGKILL' });
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name]?.setEncoding('utf8').on('data', (text: string) => {
        if (output[name].length + text.length > maxOutputBytes) child.kill('SIGKILL');
        else output[name] += text;
      });
    }
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code: code ?? undefined, signal: signal ?? undefined, ...output }));
  });
