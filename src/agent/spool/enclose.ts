// A spool holds packets of others: nobody but root reads it.
import { chmod } from 'node:fs/promises';

/** What this process and its tcpdumps make from now on is its user's alone. */
export const keepToOneself = (): number => process.umask(0o077);

/** The kubelet makes a run's folder for all to read. */
export const enclose = (folder: string): Promise<void> => chmod(folder, 0o700);
