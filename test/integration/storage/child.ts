// Runs a program of these tests in a process of its own: for what a test runner's own process cannot show, its memory and another clock.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';

/** Bundles `<name>.ts` of this folder, runs it with these variables, and returns the JSON that it printed. */
export async function runChild<T>(name: string, env: Record<string, string>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'child-'));
  try {
    const program = join(folder, `${name}.cjs`);
    await build({ entryPoints: [fileURLToPath(new URL(`./${name}.ts`, import.meta.url))], outfile: program, bundle: true, platform: 'node', format: 'cjs', logLevel: 'error' });
    const { stdout } = await promisify(execFile)(process.execPath, [program], { env: { ...process.env, ...env }, timeout: 120_000 });
    return JSON.parse(stdout) as T;
  } finally {
    await rm(folder, { recursive: true });
  }
}
