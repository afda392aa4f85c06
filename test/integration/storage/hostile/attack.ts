// What holds of every attack by a bucket server, whatever it did: bounded time and bytes, no other address, no key in any word, and the next request is served.
import * as net from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest } from '@jest/globals';
import { delivered } from '../../../../src/plan/delivered.js';
import { bytesBody } from '../../../../src/storage/body.js';
import { StorageError } from '../../../../src/storage/errors.js';
import { PART_BYTES } from '../../../../src/storage/etag.js';
import type { ObjectStore } from '../../../../src/storage/object-store.js';
import { createS3Store, type S3Options } from '../../../../src/storage/s3.js';
import { answer, startHostileServer, type HostileServer } from './server.js';

export const KEYS = { accessKeyId: 'CANARYACCESSKEY00001', secretAccessKey: 'canary/secret+key/0000000000000000000001', sessionToken: 'CanaryToken//////////0001==' };
/** Nothing but what is meant to passes them, on a busy machine too. */
const LIMITS = { stallMs: 8000, requestMs: 12_000 };
/** An answer that is no error's is read up to 2 MiB, and the piece that passes it. */
const MOST_BYTES = 3 * 1024 * 1024;
/** Every attack is over long before it passes a limit, but for those that are about limits, which have shorter ones. */
const MOST_MS = 7000;

export const never = (): AbortSignal => new AbortController().signal;

export interface Outcome {
  value?: unknown;
  error?: StorageError;
  /** Bytes that the client took from its sockets. */
  read: number;
}

export interface Scene {
  server: HostileServer;
  /** Listens where attacks point to: nobody may come. */
  canary: HostileServer;
  store: ObjectStore;
}

export const VERBS = {
  head: (store: ObjectStore) => store.head('k', never()),
  get: (store: ObjectStore) => store.get('k', 1000, never()),
  put: (store: ObjectStore) => store.put('k', bytesBody(Buffer.from('packets')), 'x/y', never()),
  /** Every step of an upload in parts, of one small part: by its size the body has to go so. */
  parts: (store: ObjectStore) => store.put('k', { ...bytesBody(Buffer.from('packets')), size: PART_BYTES + 1 }, 'x/y', never()),
  list: (store: ObjectStore) => store.listUnfinished('', never()),
  remove: (store: ObjectStore) => store.remove('k', never()),
} as const;

export const storeAt = (endpoint: string, override: Partial<S3Options> = {}): ObjectStore =>
  createS3Store({ endpoint, region: 'us-east-1', bucket: 'captures', addressing: 'Path', credentials: () => Promise.resolve(KEYS), limits: LIMITS, ...override });

/** A server, a canary and a store for each test; the file's connections are watched for where they go. */
export function scene(): Scene {
  const here = {} as Scene;
  let connecting: { mockClear(): unknown; mockRestore(): void };
  beforeAll(() => void (connecting = jest.spyOn(net.Socket.prototype, 'connect')));
  afterAll(() => connecting.mockRestore());
  beforeEach(async () => {
    connecting.mockClear();
    here.server = await startHostileServer();
    here.canary = await startHostileServer();
    here.store = storeAt(here.server.endpoint);
  });
  afterEach(async () => {
    await Promise.all([here.server.close(), here.canary.close()]);
  });
  return here;
}

/** Where this test's clients have connected to, or tried to. */
export function connectedTo(): string[] {
  const targets = connects().calls.map(([first]) => (Array.isArray(first) ? (first as unknown[])[0] : first) as net.TcpSocketConnectOpts);
  return [...new Set(targets.map(({ host, port }) => `${host}:${port}`))];
}

const connects = () => (net.Socket.prototype as unknown as { connect: jest.Mock }).connect.mock;
const bytesRead = (): number => connects().contexts.reduce<number>((sum, socket) => sum + (socket as net.Socket).bytesRead, 0);

/** One request under attack, and what holds of every one of them. */
export async function suffer({ server, canary, store }: Scene, act: (store: ObjectStore) => Promise<unknown>, mostBytes = MOST_BYTES): Promise<Outcome> {
  const began = performance.now();
  const before = bytesRead();
  const outcome: Outcome = await act(store).then(
    (value) => ({ value, read: 0 }),
    (error: unknown) => ({ error: error as StorageError, read: 0 }),
  );
  outcome.read = bytesRead() - before;
  expect(performance.now() - began).toBeLessThan(MOST_MS);
  expect(outcome.read).toBeLessThan(mostBytes);
  if (outcome.error) expectPresentable(outcome.error);
  await stillServes(server, store);
  expect(connectedTo()).toEqual([`127.0.0.1:${server.port}`]);
  expect(canary.connections).toBe(0);
  return outcome;
}

/** Fit for a destination's status; and what a tenant reads of it is reason and HTTP status alone. */
export function expectPresentable(error: StorageError): void {
  expect(error).toBeInstanceOf(StorageError);
  const { message, reason, httpStatus } = error;
  expect(message.length).toBeLessThan(600);
  expect(message).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
  for (const key of Object.values(KEYS)) expect(`${message} ${error.code}`).not.toContain(key);
  const told = delivered({ totals: { delivery: { ok: false, reason, message, ...(httpStatus !== undefined && { httpStatus }) }, ledger: { files: { pending: 1 } } } } as never);
  expect(told.message).toMatch(/^the bucket does not take files: [A-Za-z]{1,30}( \(HTTP \d{3}\))?; 1 file on the node, tried again and again$/);
}

/** The same client goes on: the next request of a server that came to its senses is answered. */
async function stillServes(server: HostileServer, store: ObjectStore): Promise<void> {
  Object.assign(server, { onConnection: () => undefined, onHead: () => false, onRequest: (socket: net.Socket) => void socket.write(answer(404)) });
  await expect(store.head('next', never())).resolves.toBeUndefined();
}
