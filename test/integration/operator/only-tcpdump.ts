// A PATH in which there is only what the operator may run, and which remembers each child by its arguments.
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';

export interface OnlyTcpdump {
  path: string;
  /** Arguments of prlimit, of each child so far. */
  children(): string[][];
  remove(): void;
}

export function onlyTcpdump(): OnlyTcpdump {
  const folder = mkdtempSync(join(tmpdir(), 'path-'));
  const log = mkdtempSync(join(tmpdir(), 'children-'));
  const real = (program: string): string => execFileSync('which', [program], { encoding: 'utf8' }).trim();
  writeFileSync(join(folder, 'prlimit'), `#!/bin/sh\nfor argument in "$@"; do printf '%s\\0' "$argument"; done >> "${log}/$$"\nexec ${real('prlimit')} "$@"\n`);
  chmodSync(join(folder, 'prlimit'), 0o755);
  symlinkSync(real('tcpdump'), join(folder, 'tcpdump'));
  return {
    path: folder,
    children: () => readdirSync(log).map((name) => readFileSync(join(log, name), 'utf8').split('\0').slice(0, -1)),
    remove: () => [folder, log].forEach((path) => rmSync(path, { recursive: true })),
  };
}
