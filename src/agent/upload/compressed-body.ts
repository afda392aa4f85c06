// A body that a child process compresses while it is read. Nothing of it is ever on the disk: the spool's bound needs no room for it,
// a full disk does not stop it, and an agent that is killed leaves nothing of it behind.
import { spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { DELIVERY_REASON } from '../../api/reasons.js';
import { StorageError } from '../../storage/errors.js';
import type { BodySource } from '../../storage/object-store.js';
import { CHILD_ENV } from '../../tcpdump/child.js';

export interface Compressor {
  name: string;
  /** Reads stdin, writes stdout. The same bytes in give the same bytes out, so that a retry recognises what is in the bucket already. */
  argv: [string, ...string[]];
  contentType: string;
}

/** Below tcpdump and everything else of the node that has work to do. */
const LOW_PRIORITY = ['nice', '-n', '19'] as const;

const COMPRESSORS: Readonly<Record<string, Compressor>> = {
  // -n: neither name nor time in the header.
  Gzip: { name: 'gzip', argv: [...LOW_PRIORITY, 'gzip', '-n', '-6', '-c'], contentType: 'application/gzip' },
  Zstd: { name: 'zstd', argv: [...LOW_PRIORITY, 'zstd', '-q', '-3', '--single-thread', '-c'], contentType: 'application/zstd' },
};

/** undefined: files go as they are. */
export function compressorFor(compression: string): Compressor | undefined {
  const compressor = COMPRESSORS[compression];
  if (!compressor && compression !== 'None') throw new Error(`upload.compression "${compression}": must be None, Gzip or Zstd`);
  return compressor;
}

const FEED_BYTES = 256 * 1024;
const STDERR_BYTES = 4096;

/** What cannot be compressed grows: gzip adds 5 bytes to each 16 KiB, zstd 3 to each 128 KiB, both some of their own. */
const mostBytes = (size: number): number => size + Math.ceil(size / 1024) + 1024;

/**
 * `plain`, compressed. Each pass runs a child of its own and holds one chunk; a pass that its reader leaves early, or whose signal aborts, kills it.
 * Rejects with what reading `plain` rejects with, or with a StorageError (CompressionFailed) in the child's words.
 */
export function compressedBody(plain: BodySource, compressor: Compressor): BodySource {
  const maxSize = mostBytes(plain.maxSize);
  return { size: undefined, maxSize, read: (chunkBytes, signal) => read(plain, compressor, Buffer.allocUnsafeSlow(Math.min(chunkBytes, maxSize)), signal) };
}

async function* read(plain: BodySource, { name, argv: [program, ...args] }: Compressor, chunk: Buffer, signal: AbortSignal): AsyncGenerator<Buffer> {
  signal.throwIfAborted();
  const child = spawn(program, args, { env: CHILD_ENV, stdio: ['pipe', 'pipe', 'pipe'] });
  // Whoever aborts waits for nothing: a file that is let go has to leave the disk now.
  const abandon = (): void => {
    child.kill('SIGKILL');
    child.stdout.destroy();
  };
  signal.addEventListener('abort', abandon, { once: true });
  let words = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (words = (words + text).slice(-STDERR_BYTES)));
  const ended = new Promise<string | undefined>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, killedBy) => resolve(code === 0 ? undefined : `${killedBy === null ? `exit ${code}` : `killed by ${killedBy}`}${words && `: ${words.trim()}`}`));
  });
  let unreadable: { error: unknown } | undefined;
  const fed = feed(plain, child.stdin, signal).catch((error: unknown) => {
    unreadable = { error };
    abandon();
  });
  try {
    let filled = 0;
    for await (const output of outputOf(child.stdout)) {
      for (let taken = 0; taken < output.length; ) {
        if (filled === chunk.length) {
          yield chunk;
          signal.throwIfAborted();
          filled = 0;
        }
        const copied = output.copy(chunk, filled, taken);
        filled += copied;
        taken += copied;
      }
    }
    signal.throwIfAborted();
    const [failure] = await Promise.all([ended, fed]);
    signal.throwIfAborted();
    if (unreadable) throw unreadable.error;
    // Before the last piece: a torn stream must not pass for a whole one.
    if (failure !== undefined) throw new StorageError({ reason: DELIVERY_REASON.compressionFailed, message: `${name}: ${failure}` });
    yield chunk.subarray(0, filled);
  } finally {
    signal.removeEventListener('abort', abandon);
    abandon();
  }
}

/** What a child writes, up to its end or to where it was given up. */
async function* outputOf(stdout: Readable): AsyncGenerator<Buffer> {
  try {
    yield* stdout as AsyncIterable<Buffer>;
  } catch {
    // Why it ended is told by the child's end, or by whoever gave it up.
  }
}

/** Rejects where `plain` cannot be read; a child that takes no more says why at its end. */
async function feed(plain: BodySource, stdin: Writable, signal: AbortSignal): Promise<void> {
  let isGone = false;
  stdin.on('error', () => (isGone = true));
  for await (const piece of plain.read(FEED_BYTES, signal)) {
    // The next piece takes this one's memory: wait until it is in the pipe.
    await new Promise<void>((resolve) => stdin.write(piece, () => resolve()));
    if (isGone) return;
  }
  stdin.end();
}
