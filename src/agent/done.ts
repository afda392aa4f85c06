// What tells a restarted container that all is done once the spool, and its journal with it, is gone: a mark in the pod's own memory.
import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const FILE = 'done';

/** The mark holds the last words, and goes with the pod: nothing of it stays on the node. */
export async function markDone(podFolder: string, lastLines: string): Promise<void> {
  await writeFile(join(podFolder, `${FILE}.next`), lastLines);
  await rename(join(podFolder, `${FILE}.next`), join(podFolder, FILE));
}

/** The last words of an agent that was killed after it had removed its spool; undefined where there is work, if only to remove that. */
export async function lastLinesIfDone(podFolder: string, spoolFolder: string): Promise<string | undefined> {
  if (existsSync(join(spoolFolder, 'journal'))) return undefined;
  return readFile(join(podFolder, FILE), 'utf8').catch(() => undefined);
}
