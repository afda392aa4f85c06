import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { bytesBody, fileRangeBody } from '../../../../src/storage/body.js';
import { PART_BYTES } from '../../../../src/storage/etag.js';
import { HashingThread } from '../../../../src/storage/hashing/thread.js';
import type { BodySource } from '../../../../src/storage/object-store.js';
import { partsOf } from '../../../../src/storage/s3/parts.js';

const thread = new HashingThread();
const content = randomBytes(2 * PART_BYTES + 100_000);
const prologue = Buffer.from('a header of some bytes');
let folder: string;
let path: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'parts-'));
  path = join(folder, 'file');
  writeFileSync(path, content);
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Seen {
  number: number;
  isWhole: boolean;
  sent: string;
  md5: string;
  sha256: string;
  /** Of the pieces. */
  read: { size: number; md5: string; sha256: string };
}

async function seen(source: BodySource): Promise<Seen[]> {
  const parts = await partsOf(source, thread, true, new AbortController().signal);
  const all: Seen[] = [];
  for await (const part of parts.all) {
    const [md5, sha256] = [createHash('md5'), createHash('sha256')];
    let size = 0;
    for await (const piece of part.pieces()) {
      md5.update(piece);
      sha256.update(piece);
      size += piece.length;
    }
    all.push({ number: part.number, isWhole: part.isWhole, sent: JSON.stringify(part.soFar()), md5: part.md5.toString('hex'), sha256: part.sha256().toString('hex'), read: { size, md5: md5.digest('hex'), sha256: sha256.digest('hex') } });
  }
  await parts.close();
  return all;
}

test.each([
  ['nothing', 0, 0],
  ['one request', 5, 700_000],
  ['exactly one part', 0, PART_BYTES],
  ['a header alone', 9, 9],
  ['several parts', 3, content.length],
])('of a file as of bytes: %s', async (_, start, end) => {
  const parts = await seen(fileRangeBody(path, start, end, prologue));
  expect(parts).toEqual(await seen(bytesBody(Buffer.concat([prologue, content.subarray(start, end)]))));
  for (const { read, md5, sha256 } of parts) expect(read).toMatchObject({ md5, sha256 });
  expect(parts.reduce((sum, { read }) => sum + read.size, 0)).toBe(prologue.length + end - start);
});

test('a body that is no file has one part under way at a time; a file as many as it says', async () => {
  const signal = new AbortController().signal;
  expect((await partsOf(bytesBody(content), thread, true, signal)).most()).toBe(1);
  const file = await partsOf({ ...fileRangeBody(path, 0, 10), width: () => 3 }, thread, true, signal);
  expect(file.most()).toBe(3);
  await file.close();
});

test('a file that is shorter than its range says where it ends', async () => {
  await expect(seen(fileRangeBody(path, 0, content.length + 1))).rejects.toThrow(`${path}: ends at byte ${content.length}, bytes 0 to ${content.length + 1} were to be read`);
});
