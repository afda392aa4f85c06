// After all tests of a run: what a failed test left running is ended and named, so that the runner can end.
import { readdirSync, readFileSync } from 'node:fs';

/** State and parent: the fields behind the name, which may hold spaces and parentheses. */
const fieldsOf = (pid) => readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ');

/** Ids of this process's children that run, with their command lines. */
function children() {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((pid) => {
      try {
        const [state, parent] = fieldsOf(pid);
        return state !== 'Z' && Number(parent) === process.pid ? [[Number(pid), readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()]] : [];
      } catch {
        return [];
      }
    });
}

export default function endLeftovers() {
  for (const [pid, argv] of children()) {
    process.stderr.write(`left running by a test, ended now: ${pid} ${argv}\n`);
    process.kill(pid, 'SIGKILL');
  }
}
