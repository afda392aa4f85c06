import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { compressedBody, compressorFor, type Compressor } from '../../../../src/agent/upload/compressed-body.js';
import { bytesBody, fileRangeBody } from '../../../../src/storage/body.js';
import type { BodySource } from '../../../../src/storage/object-store.js';

const KIB = 1024;
const never = () => new AbortController().signal;
const compressor = (compression: string) => compressorFor(compression) as Compressor;
const shell = (script: string): Compressor => ({ name: 'test', argv: ['sh', '-c', script], contentType: 'x/y' });

async function chunksOf(body: BodySource, chunkBytes: number, signal = never()): Promise<Buffer[]> {
  const chunks: Buffer[] = [];
  for await (const chunk of body.read(chunkBytes, signal)) chunks.push(Buffer.from(chunk));
  return chunks;
}
/** Compresses by half or so, as pcaps do. */
const content = (size: number): Buffer => Buffer.from(randomBytes(Math.ceil(size / 2)).toString('hex').slice(0, size));
const tools = { Gzip: ['gzip', '-dc'], Zstd: ['zstd', '-dcq'] } as const;

test.each(['Gzip', 'Zstd'] as const)('%s: comes in exact chunks, is what the usual tool unpacks, and is the same at every pass', async (compression) => {
  for (const size of [0, 1, 300 * KIB, 3000 * KIB]) {
    const plain = content(size);
    const body = compressedBody(bytesBody(plain), compressor(compression));
    const chunks = await chunksOf(body, 64 * KIB);
    const whole = Buffer.concat(chunks);
    for (const chunk of chunks.slice(0, -1)) expect(chunk.length).toBe(64 * KIB);
    const [tool, ...args] = tools[compression];
    expect(execFileSync(tool, args, { input: whole, maxBuffer: 8e6 }).equals(plain)).toBe(true);
    expect(whole.length).toBeLessThanOrEqual(body.maxSize);
    expect(Buffer.concat(await chunksOf(body, 1000 * KIB)).equals(whole)).toBe(true);
  }
});

test.each(['Gzip', 'Zstd'] as const)('%s: what cannot be compressed grows by no more than was said', async (compression) => {
  const body = compressedBody(bytesBody(randomBytes(2000 * KIB)), compressor(compression));
  expect(Buffer.concat(await chunksOf(body, 8000 * KIB)).length).toBeLessThanOrEqual(body.maxSize);
});

test.each([
  ['is killed', 'head -c 100000; kill -9 $$', 'killed by SIGKILL'],
  ['fails', 'head -c 100000; echo no space >&2; exit 3', 'exit 3: no space'],
  ['is not there', 'exec no-such-program', 'not found'],
])('a child that %s gives no last chunk, so that a torn stream is never stored, and says why', async (_, script, words) => {
  const got: number[] = [];
  const reading = (async () => {
    for await (const chunk of compressedBody(bytesBody(content(300 * KIB)), shell(script)).read(64 * KIB, never())) got.push(chunk.length);
  })();
  await expect(reading).rejects.toMatchObject({ name: 'StorageError', reason: 'CompressionFailed', concernsOneObject: true, message: expect.stringContaining(words) });
  for (const length of got) expect(length).toBe(64 * KIB);
});

test('a program that cannot be started at all says so', async () => {
  const missing: Compressor = { name: 'none', argv: ['/no/such/program'], contentType: 'x/y' };
  await expect(chunksOf(compressedBody(bytesBody(content(KIB)), missing), KIB)).rejects.toMatchObject({ reason: 'CompressionFailed', message: expect.stringContaining('ENOENT') });
});

test('a file that cannot be read is that, not a failure to compress it', async () => {
  await expect(chunksOf(compressedBody(fileRangeBody('/no/such/file', 0, 10), compressor('Gzip')), KIB)).rejects.toMatchObject({ code: 'ENOENT' });
});

test.each([
  ['an abort', true],
  ['a reader that leaves', false],
])('%s ends the child at once', async (_, aborts) => {
  const mark = `MARK=${randomBytes(8).toString('hex')}`;
  const abort = new AbortController();
  const body = compressedBody(bytesBody(content(3000 * KIB)), { name: 'cat', argv: ['env', mark, 'cat'], contentType: 'x/y' });
  const alive = (): string => execFileSync('sh', ['-c', `grep -lsa ${mark} /proc/[0-9]*/environ || true`], { encoding: 'utf8' });
  const reading = (async () => {
    for await (const chunk of body.read(64 * KIB, abort.signal)) {
      expect(chunk.length).toBe(64 * KIB);
      expect(alive()).not.toBe('');
      if (!aborts) return;
      abort.abort(new Error('let go'));
    }
  })();
  if (aborts) await expect(reading).rejects.toThrow('let go');
  else await reading;
  expect(alive()).toBe('');
});

test('never runs ahead of its reader by more than the pipes hold', async () => {
  let read = 0;
  const plain = bytesBody(randomBytes(4000 * KIB));
  const watched: BodySource = {
    ...plain,
    async *read(chunkBytes, signal) {
      for await (const chunk of plain.read(chunkBytes, signal)) {
        read += chunk.length;
        yield chunk;
      }
    },
  };
  const body = compressedBody(watched, compressor('Gzip')).read(64 * KIB, never())[Symbol.asyncIterator]();
  const first = await body.next();
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(read).toBeLessThan(1500 * KIB);
  const hash = createHash('sha256').update(first.value as Buffer);
  for (let next = await body.next(); !next.done; next = await body.next()) hash.update(next.value);
  expect(read).toBe(4000 * KIB);
});

test('a compression of another name is refused with those there are', () => {
  expect(() => compressorFor('Brotli')).toThrow('upload.compression "Brotli": must be None, Gzip or Zstd');
});
