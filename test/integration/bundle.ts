// A program of the tests as one file, for what has to be a process of its own: killed, stopped, or more than one.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Path of the bundle of a TypeScript file, which is named from the root of the repository. */
export function bundle(entry: string): string {
  const folder = join(ROOT, 'node_modules/.cache/processes-under-test');
  mkdirSync(folder, { recursive: true });
  const outfile = join(folder, basename(entry).replace(/\.ts$/, '.mjs'));
  const banner = "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);";
  execFileSync(join(ROOT, 'node_modules/.bin/esbuild'), [join(ROOT, entry), '--bundle', '--platform=node', '--target=node20', '--format=esm', `--banner:js=${banner}`, `--outfile=${outfile}`, '--log-level=error']);
  return outfile;
}
