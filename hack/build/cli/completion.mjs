// The program through which kubectl completes the plugin's words, as the plugin itself prints it.
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
export const COMPLETION = 'kubectl_complete-pktcap';

/** Writes it into a folder. */
export async function writeCompletion(bundle, folder) {
  const { stdout } = await run(process.execPath, [bundle, 'completion']);
  await writeFile(path.join(folder, COMPLETION), stdout, { mode: 0o755 });
}
