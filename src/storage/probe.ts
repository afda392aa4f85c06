// Whether a bucket can be used: one small object is written as a capture's are, read back and removed.
import { randomBytes } from 'node:crypto';
import { DELIVERY_REASON } from '../api/reasons.js';
import { bytesBody } from './body.js';
import { StorageError, verificationFailed } from './errors.js';
import type { ObjectStore } from './object-store.js';

/** Key of a probe's object; `prefix` is empty or ends in a slash. */
export const probeKey = (prefix: string): string => `${prefix}.packetcapture-probe-${randomBytes(6).toString('hex')}`;

const PROBE_MS = 60_000;

/** How objects have to come out encrypted, as the store says it in its header: a store that does not know what it is asked for may ignore it. */
export interface Expected {
  encryption?: string | undefined;
}

/**
 * The error that a capture would meet, or undefined. An object that could be written but not read back is removed all the same.
 * A `signal` that is a time limit makes a slow bucket an unreachable one; any other abort rejects with its reason.
 */
export async function probe(store: ObjectStore, key: string, now: () => number, signal: AbortSignal = AbortSignal.timeout(PROBE_MS), expected: Expected = {}): Promise<StorageError | undefined> {
  const content = Buffer.from(`Written by the PacketCapture operator at ${new Date(now()).toISOString()} to see whether this bucket can be used. It can be removed.\n`);
  try {
    await store.put(key, bytesBody(content), 'text/plain', signal);
    const [reading] = await Promise.allSettled([readBack(store, key, content, expected, signal)]);
    const [removing] = await Promise.allSettled([store.remove(key, signal)]);
    for (const outcome of [reading, removing]) if (outcome.status === 'rejected') throw outcome.reason as Error;
    return undefined;
  } catch (error) {
    if (error instanceof StorageError) return error;
    if (signal.aborted && (signal.reason as Error).name === 'TimeoutError') return new StorageError({ reason: DELIVERY_REASON.bucketUnreachable, message: `${key}: writing, reading back and removing one object was not done in time` });
    throw error;
  }
}

async function readBack(store: ObjectStore, key: string, content: Buffer, { encryption }: Expected, signal: AbortSignal): Promise<void> {
  const read = await store.get(key, content.length, signal);
  if (!read?.equals(content)) throw verificationFailed(`${key}: the store accepted an object and then has ${read ? 'another content' : 'no such object'}`);
  // As each file is asked about once it is written.
  const there = await store.head(key, signal);
  if (there?.size !== content.length) throw verificationFailed(`${key}: the store has an object of ${content.length} bytes and says that it has ${there ? there.size : 'none'}`);
  if (encryption !== undefined && there.encryption?.startsWith(encryption) !== true) {
    throw verificationFailed(`${key}: was to be encrypted (${encryption}), and the store says ${there.encryption === undefined ? 'nothing of encryption' : `"${there.encryption}"`}; correct spec.s3.encryption, or use a store that can`);
  }
}
