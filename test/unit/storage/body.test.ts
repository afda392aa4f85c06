import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bytesBody, fileRangeBody } from '../../../src/storage/body.js';
import type { BodySource } from '../../../src/storage/object-store.js';

let folder: string;
let path: string;
const content = Buffer.from(Array.from({ length: 1000 }, (_, i) => i % 251));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'body-'));
  path = join(folder, 'file');
  await writeFile(path, content);
});
afterAll(() => rm(folder, { recursive: true }));

async function chunksOf(source: BodySource, chunkBytes: number): Promise<Buffer[]> {
  const chunks: Buffer[] = [];
  for await (const chunk of source.read(chunkBytes, new AbortController().signal)) chunks.push(Buffer.from(chunk));
  return chunks;
}

const range = fc.tuple(fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 0, max: 1000 })).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);

test('is the prologue and the range, in chunks of one size, as often as it is read', async () => {
  await fc.assert(
    fc.asyncProperty(range, fc.uint8Array({ maxLength: 40 }), fc.integer({ min: 1, max: 300 }), async ([start, end], prologue, chunkBytes) => {
      const body = fileRangeBody(path, start, end, prologue);
      const expected = Buffer.concat([prologue, content.subarray(start, end)]);
      for (let pass = 0; pass < 2; pass++) {
        const chunks = await chunksOf(body, chunkBytes);
        expect(Buffer.concat(chunks)).toEqual(expected);
        expect(body.size).toBe(expected.length);
        expect(chunks.slice(0, -1).every((chunk) => chunk.length === chunkBytes)).toBe(true);
      }
    }),
    { numRuns: 100 },
  );
});

test('says which bytes a file lacks', async () => {
  await expect(chunksOf(fileRangeBody(path, 900, 1001), 64)).rejects.toThrow(`${path}: ends at byte 1000, bytes 900 to 1001 were to be read`);
});

test('rejects with the file system’s error where there is no file', async () => {
  await expect(chunksOf(fileRangeBody(join(folder, 'none'), 0, 1), 64)).rejects.toMatchObject({ code: 'ENOENT' });
});

test('bytes in memory come in chunks too', async () => {
  const chunks = await chunksOf(bytesBody(content), 300);
  expect(chunks.map((chunk) => chunk.length)).toEqual([300, 300, 300, 100]);
  expect(Buffer.concat(chunks)).toEqual(content);
});
