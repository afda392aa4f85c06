// Brings one object into a file beside its place: goes on where an earlier try ended, and tries again while that may help.
import type { FileHandle } from 'node:fs/promises';
import { backoffMs } from '../../kube/backoff.js';
import { type Clock, pause } from '../../kube/clock.js';
import { onDisk } from './folder.js';
import type { StoreClient } from './store-client.js';
import { StoreError } from './store-error.js';

export interface FetchParts {
  client: Pick<StoreClient, 'get' | 'hasHeard'>;
  clock: Clock;
  signal: AbortSignal;
  /** The object's URL now; after a refusal another one, undefined where there is none. */
  url: (refused?: string) => Promise<string | undefined>;
  /** Bytes that came; negative where some are given up. */
  onBytes: (count: number) => void;
}

export interface FetchWish {
  /** For people. */
  path: string;
  /** Bytes of the object; undefined: until the answer ends, and at most maxBytes. */
  size: number | undefined;
  maxBytes?: number;
}

/** In a row, without a byte that came. */
const MAX_FAILURES = 6;
/** Of a host that has never answered: it may be one that this machine does not reach. */
const MAX_FAILURES_UNHEARD = 2;
const MAX_REFUSALS = 2;
const BACKOFF = { initialMs: 500, maxMs: 15_000 };

export async function fetchInto(file: FileHandle, { path, size, maxBytes = Infinity }: FetchWish, { client, clock, signal, url, onBytes }: FetchParts): Promise<void> {
  const most = size ?? maxBytes;
  let have = (await file.stat()).size;
  let etag: string | undefined;
  let [failures, refusals] = [0, 0];
  let address = await url();
  const restart = async (): Promise<void> => {
    await file.truncate(0);
    onBytes(-have);
    have = 0;
    etag = undefined;
  };
  if (have > most) await restart();
  for (;;) {
    if (size !== undefined && have === size) return;
    if (address === undefined) throw new StoreError('gone', 'the operator', 'it names the file no longer');
    const before = have;
    let problem: unknown;
    try {
      await client.get(address, { from: have, etag, signal }, {
        begin: async (start, tag) => {
          if (start !== have) await restart();
          etag = tag;
        },
        chunk: async (bytes) => {
          if (have + bytes.length > most) throw new TooLong(most);
          await write(file, bytes, have, path);
          have += bytes.length;
          onBytes(bytes.length);
        },
      });
      if (size === undefined || have === size) return;
      problem = new StoreError('again', new URL(address).host, `the answer ended at ${have} of ${size} bytes`);
    } catch (error) {
      problem = error;
    }
    if (problem instanceof TooLong) {
      // Of another object, or of a store that is no store: from the beginning, once.
      if (failures > 0) throw new Error(`${path}: ${problem.message}`);
      await restart();
    } else if (!(problem instanceof StoreError) || problem.kind === 'final' || problem.kind === 'gone') throw problem;
    else if (problem.kind === 'refused') {
      refusals = have > before ? 1 : refusals + 1;
      if (refusals > MAX_REFUSALS) throw problem;
      address = await url(address);
      continue;
    } else if (problem.kind === 'changed' || problem.kind === 'range') await restart();
    failures = have > before ? 1 : failures + 1;
    const heard = address !== undefined && client.hasHeard(new URL(address).host);
    if (failures >= (heard ? MAX_FAILURES : MAX_FAILURES_UNHEARD)) throw problem;
    await pause(clock, backoffMs(BACKOFF, failures - 1, Math.random), signal);
    if (signal.aborted) throw signal.reason;
  }
}

class TooLong extends Error {
  constructor(most: number) {
    super(`it gives more than the ${most} bytes that the object has`);
  }
}

async function write(file: FileHandle, bytes: Buffer, at: number, path: string): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, written, bytes.length - written, at + written).catch((error: unknown) => { throw onDisk(error, path); });
    written += bytesWritten;
  }
}
