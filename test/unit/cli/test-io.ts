// The world around a command for a test: what it wrote, a terminal of any size, a wish to end.
import { setMaxListeners } from 'node:events';
import { Readable, Writable } from 'node:stream';
import { ClosedPipe, type Io } from '../../../src/cli/io.js';
import { systemClock } from '../../../src/kube/clock.js';

export interface TestIo extends Io {
  /** What was written so far. */
  out(): string;
  err(): string;
  /** Ctrl-C. */
  interrupt(): void;
  /** Whoever read stdout goes away. */
  closePipe(): void;
  /** A terminal from now on of this size; its programs are told. */
  resize(size: { columns: number; rows: number }): void;
}

export function testIo({ size, ...parts }: Partial<Io> & { size?: { columns: number; rows: number } } = {}): TestIo {
  const written = { stdout: '', stderr: '' };
  const stream = (name: 'stdout' | 'stderr'): Writable =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        written[name] += chunk.toString('utf8');
        done();
      },
    });
  const ending = new AbortController();
  setMaxListeners(0, ending.signal);
  const listeners = new Set<() => void>();
  let now = size;
  return {
    stdin: Readable.from([]),
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    columns: () => now?.columns,
    rows: () => now?.rows,
    onResize(callback) {
      listeners.add(callback);
      return () => listeners.delete(callback);
    },
    env: {},
    cwd: process.cwd(),
    clock: systemClock,
    random: Math.random,
    signal: ending.signal,
    ...parts,
    out: () => written.stdout,
    err: () => written.stderr,
    interrupt: () => ending.abort(),
    closePipe: () => ending.abort(new ClosedPipe()),
    resize(next) {
      now = next;
      for (const listener of listeners) listener();
    },
  };
}
