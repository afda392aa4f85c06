// A command of this machine, run to its end.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Both of its outputs. Rejects with them where it fails. */
export async function run([command, ...args]: [string, ...string[]], acceptsFailure = false): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(command, args, { maxBuffer: 64 * 2 ** 20 }).catch((error: Error & { stdout?: string; stderr?: string }) => {
    if (!acceptsFailure) throw new Error(`${command} ${args.join(' ')}: ${error.message}`, { cause: error });
    return { stdout: error.stdout ?? '', stderr: error.stderr ?? '' };
  });
  return `${stdout}${stderr}`;
}
