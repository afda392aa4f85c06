// Entry point of kubectl-pktcap: the process around the program.
import { systemClock } from '../kube/clock.js';
import type { Io } from './io.js';
import { runCli } from './program.js';

const ending = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => ending.abort());

const io: Io = {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  columns: (stream) => (process[stream].isTTY ? process[stream].columns : undefined),
  rows: (stream) => (process[stream].isTTY ? process[stream].rows : undefined),
  onResize(callback) {
    process.on('SIGWINCH', callback);
    return () => process.off('SIGWINCH', callback);
  },
  env: process.env,
  cwd: process.cwd(),
  clock: systemClock,
  signal: ending.signal,
};

// No await: a CommonJS bundle, which the executables hold, has none at its top.
void runCli(process.argv.slice(2), io).then((code) => {
  process.exitCode = code;
});
