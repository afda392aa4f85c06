// The world around a command, as parameters: streams, the terminal, the environment, time and the wish to end.
import type { Readable, Writable } from 'node:stream';
import type { Clock, Random } from '../kube/clock.js';

/** Why a command is ended where nobody reads what it writes any more. */
export class ClosedPipe extends Error {}

export interface Io {
  stdin: Readable;
  /** What was asked for, and nothing else: people pipe it. */
  stdout: Writable;
  /** Progress, warnings, errors. */
  stderr: Writable;
  /** Of stdout and stderr: a terminal, on which lines can be redrawn, and its width now; undefined where it is none. */
  columns(stream: 'stdout' | 'stderr'): number | undefined;
  /** The same of its height. */
  rows(stream: 'stdout' | 'stderr'): number | undefined;
  /** Calls back when the terminal changes its size, until the returned function is called. */
  onResize(callback: () => void): () => void;
  env: Readonly<Record<string, string | undefined>>;
  /** The folder that relative paths are meant in. */
  cwd: string;
  clock: Clock;
  random: Random;
  /** Aborted by SIGINT, SIGTERM or SIGHUP, or (with a ClosedPipe) when nobody reads stdout any more: commands undo what they began and return. */
  signal: AbortSignal;
}
