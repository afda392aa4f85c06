// Authorities that a store's certificate may come from, read anew before each try, as its keys are.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DELIVERY_REASON } from '../api/reasons.js';
import { StorageError } from './errors.js';

/** PEM certificates, trusted in place of the well-known authorities; undefined: the well-known ones. */
export type AuthoritiesReader = () => Promise<string | undefined>;

/** Reads the file ca.crt of a folder, as a mounted Secret has it. */
export function authoritiesFromFolder(folder: string): AuthoritiesReader {
  return async () => {
    try {
      return await readFile(join(folder, 'ca.crt'), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw new StorageError({ reason: DELIVERY_REASON.tlsFailed, message: `${folder}: ca.crt cannot be read: ${String(error)}` });
    }
  };
}
