// A root folder with nothing in it but a program and the shared libraries that it names: no /proc, no /etc, no shell.
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

export interface EmptyRoot {
  /** File names of the libraries that it holds, sorted. */
  libraries: string[];
  /** Puts a file into it, at its top. */
  write(name: string, content: string): void;
  /** Runs the program there, with no environment. */
  run(args: string[]): { status: number | null; stdout: string; stderr: string };
  remove(): void;
}

export function emptyRoot(program: string): EmptyRoot {
  const root = mkdtempSync(join(tmpdir(), 'empty-root-'));
  const libraries = execFileSync('ldd', [program], { encoding: 'utf8' }).match(/\/\S+/g) ?? [];
  for (const file of [...libraries, `/${basename(program)}`]) {
    mkdirSync(join(root, dirname(file)), { recursive: true });
    copyFileSync(file === `/${basename(program)}` ? program : file, join(root, file));
  }
  return {
    libraries: libraries.map((file) => basename(file)).sort(),
    write: (name, content) => writeFileSync(join(root, name), content),
    run: (args) => {
      const { status, stdout, stderr } = spawnSync('/usr/sbin/chroot', [root, `/${basename(program)}`, ...args], { encoding: 'utf8', env: {}, timeout: 60_000 });
      return { status, stdout, stderr };
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}
