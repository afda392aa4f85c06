// Entry point of kubectl-pktcap: the process around the program.
import { setMaxListeners } from 'node:events';
import { systemClock } from '../kube/clock.js';
import { ClosedPipe, type Io } from './io.js';
import { runCli } from './program.js';

const ending = new AbortController();
// Each call under way listens to it, and a check has dozens of them: no leak, and no warning of one.
setMaxListeners(0, ending.signal);
// Once: a second Ctrl-C ends the process, whatever it is busy with.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => ending.abort());
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') throw error;
    ending.abort(new ClosedPipe());
  });
}

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
  random: Math.random,
  signal: ending.signal,
};

/** What is written goes out first; what is still open (idle connections, an abandoned request) holds nobody up. */
async function main(): Promise<void> {
  const code = await runCli(process.argv.slice(2), io);
  await Promise.all([process.stdout, process.stderr].map((stream) => new Promise<void>((resolve) => stream.write('', () => resolve()))));
  process.exit(code);
}

// No await: a CommonJS bundle, which the executables hold, has none at its top.
void main();
