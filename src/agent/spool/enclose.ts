// A spool holds packets of others: nobody but root reads it, and nothing in it leads out of it.
import { chmod, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';

/** What this process and its tcpdumps make from now on is its user's alone. */
export const keepToOneself = (): number => process.umask(0o077);

/** The kubelet makes a run's folder for all to read. */
export const enclose = (folder: string): Promise<void> => chmod(folder, 0o700);

/**
 * Removes what no agent makes, before anything there is opened: links, and what is neither file nor folder. Only root on the node can have
 * put it there. A folder that cannot be read is left to those who look for files in it. The caller holds the folder's lock.
 */
export async function removeForeign(folder: string, log: { warn(fields: object, message: string): void }): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await removeForeign(path, log);
    else if (!entry.isFile()) {
      await unlink(path);
      log.warn({ path }, 'removed from the spool: neither a file nor a folder');
    }
  }
}
