// The bytes of a savefile, also of a compressed one. Between two reads no file is open: thousands are read side by side.
import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { type Duplex, Readable } from 'node:stream';
import { decompressorFor } from '../decompressor.js';
import { Failure } from '../failure.js';

/** Of a file that is being read, this much is in memory. */
export const CHUNK_BYTES = 64 * 1024;

/** Ends early where `compressed` content is cut off or damaged: a CutOff, after what came before. */
export function contentOf(path: string): AsyncIterable<Buffer> {
  const decompressor = decompressorFor(path);
  if (decompressor === undefined) return chunksOf(path);
  return decompressor === 'missing' ? byZstd(path) : decompressed(path, decompressor);
}

export class CutOff extends Error {}

async function* chunksOf(path: string): AsyncGenerator<Buffer> {
  for (let at = 0, chunk = await read(path, at); chunk.length > 0; chunk = await read(path, at)) {
    at += chunk.length;
    yield chunk;
  }
}

async function read(path: string, at: number): Promise<Buffer> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, at);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function* decompressed(path: string, output: Duplex): AsyncGenerator<Buffer> {
  const source = Readable.from(chunksOf(path));
  source.on('error', (error) => output.destroy(error));
  source.pipe(output);
  try {
    for await (const chunk of output as AsyncIterable<Buffer>) yield chunk;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    throw code.startsWith('Z_') || code.startsWith('ZSTD_') ? new CutOff(code) : error;
  } finally {
    source.destroy();
    output.destroy();
  }
}

/** The program `zstd`, where Node has no zstd of its own. */
async function* byZstd(path: string): AsyncGenerator<Buffer> {
  const child = spawn('zstd', ['-dcq', '--', path], { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = new Promise<number | Error>((resolve) => child.on('error', resolve).on('close', (code) => resolve(code ?? 1)));
  try {
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) yield chunk;
    const code = await ended;
    if (code instanceof Error) throw new Failure(`${path}: Node ${process.versions.node} reads no zstd, and the program zstd is not on PATH; install zstd, or use the single executable of this plugin, or Node 22.15 or later`);
    if (code !== 0) throw new CutOff(`zstd: exit code ${code}`);
  } finally {
    child.kill();
  }
}
