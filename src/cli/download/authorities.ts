// The certificates of --ca-file.
import { readFile } from 'node:fs/promises';
import { Failure } from '../failure.js';

export async function authoritiesOf(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Failure(`--ca-file ${path}: cannot be read (${error.code})`);
  });
  if (!text.includes('-----BEGIN CERTIFICATE-----')) throw new Failure(`--ca-file ${path}: holds no certificate in PEM form`);
  return text;
}
