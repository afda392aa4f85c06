import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { credentialsFrom, credentialsFromFolder } from '../../../src/storage/credentials.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'credentials-'));
});
afterEach(() => rm(folder, { recursive: true }));
const put = (key: string, value: string) => writeFile(join(folder, key), value);

test('reads the files of a mounted Secret anew each time, without the newline that editors leave', async () => {
  await put('accessKeyId', 'AKONE\n');
  await put('secretAccessKey', 'secretone');
  const read = credentialsFromFolder(folder);
  await expect(read()).resolves.toEqual({ accessKeyId: 'AKONE', secretAccessKey: 'secretone' });
  await put('accessKeyId', 'AKTWO');
  await put('sessionToken', 'token');
  await expect(read()).resolves.toEqual({ accessKeyId: 'AKTWO', secretAccessKey: 'secretone', sessionToken: 'token' });
});

test('a missing or empty key is AccessDenied, never an anonymous request', async () => {
  await put('accessKeyId', 'AKONE');
  await expect(credentialsFromFolder(folder)()).rejects.toMatchObject({ reason: 'AccessDenied', message: `${folder}: secretAccessKey is missing; set it to the bucket's key` });
  await put('secretAccessKey', ' \n');
  await expect(credentialsFromFolder(folder)()).rejects.toMatchObject({ reason: 'AccessDenied', message: `${folder}: secretAccessKey is empty; set it to the bucket's key` });
});

test('a key that cannot travel in a header is refused without being shown', () => {
  const attempt = () => credentialsFrom({ accessKeyId: 'AK\nONE', secretAccessKey: 'x' }, 'Secret s3');
  expect(attempt).toThrow('Secret s3: accessKeyId holds white space or characters that no key has; check how it was encoded');
  expect(attempt).not.toThrow('ONE');
});
