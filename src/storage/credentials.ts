// Keys of a bucket, read anew before each try, so that a rotated Secret needs no restart.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DELIVERY_REASON } from '../api/reasons.js';
import { StorageError } from './errors.js';

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

/** Rejects with a StorageError (AccessDenied) where a key is missing: there are no anonymous requests. */
export interface CredentialsReader {
  (): Promise<Credentials>;
  /** Told of an answer by which these keys are good for nothing any more: they are not given out again, where others can be made. */
  refused?(keys: Credentials): void;
}

/** Reads the files accessKeyId, secretAccessKey and, where present, sessionToken of a folder, as a mounted Secret has them. */
export function credentialsFromFolder(folder: string): CredentialsReader {
  return async () => credentialsFrom({
    accessKeyId: await readKey(folder, 'accessKeyId'),
    secretAccessKey: await readKey(folder, 'secretAccessKey'),
    sessionToken: await readKey(folder, 'sessionToken'),
  }, folder);
}

/** Whole credentials from a Secret's values; `where` says to people where those came from. White space around a value is no part of it. */
export function credentialsFrom(values: Partial<Record<keyof Credentials, string | undefined>>, where: string): Credentials {
  const accessKeyId = required(values.accessKeyId, 'accessKeyId', where);
  const secretAccessKey = required(values.secretAccessKey, 'secretAccessKey', where);
  const sessionToken = values.sessionToken?.trim();
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
}

function required(value: string | undefined, key: string, where: string): string {
  const trimmed = value?.trim();
  if (!trimmed) throw new StorageError({ reason: DELIVERY_REASON.accessDenied, message: `${where}: ${key} is ${value === undefined ? 'missing' : 'empty'}; set it to the bucket's key` });
  if (/[^\u0021-\u007e]/.test(trimmed)) throw new StorageError({ reason: DELIVERY_REASON.accessDenied, message: `${where}: ${key} holds white space or characters that no key has; check how it was encoded` });
  return trimmed;
}

async function readKey(folder: string, key: string): Promise<string | undefined> {
  try {
    return await readFile(join(folder, key), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new StorageError({ reason: DELIVERY_REASON.accessDenied, message: `${folder}: ${key} cannot be read: ${String(error)}` });
  }
}
