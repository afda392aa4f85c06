import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { PartDigests, Question } from '../../../../src/storage/hashing/program.js';
import { HashingThread, startThread } from '../../../../src/storage/hashing/thread.js';

const content = randomBytes(3_000_000);
let folder: string;
let path: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hashing-'));
  path = join(folder, 'file');
  writeFileSync(path, content);
});
afterAll(() => rmSync(folder, { recursive: true }));

const hash = (name: string, ...parts: Uint8Array[]): string => parts.reduce((h, part) => h.update(part), createHash(name)).digest('hex');
const hex = ({ md5, sha256, content: whole }: PartDigests) => ({ md5: Buffer.from(md5).toString('hex'), sha256: sha256 && Buffer.from(sha256).toString('hex'), content: Buffer.from(whole).toString('hex') });

async function withFile<T>(use: (fd: number) => Promise<T>): Promise<T> {
  const file = await open(path);
  try {
    return await use(file.fd);
  } finally {
    await file.close();
  }
}
const question = (id: number, fd: number, position: number, length: number, override: Partial<Question> = {}): Question => ({ id, fd, head: new Uint8Array(), position, length, signs: true, ...override });

test('each part has its own digests, and those of all before it; bodies do not meet', async () => {
  const thread = new HashingThread();
  const [one, two] = [thread.begin(), thread.begin()];
  const head = Buffer.from('header');
  await withFile(async (fd) => {
    const first = thread.ask(question(one, fd, 0, 2_000_000, { head }));
    const other = thread.ask(question(two, fd, 500_000, 10, { signs: false }));
    expect(hex(await first)).toEqual({ md5: hash('md5', head, content.subarray(0, 2_000_000)), sha256: hash('sha256', head, content.subarray(0, 2_000_000)), content: hash('sha256', head, content.subarray(0, 2_000_000)) });
    expect(hex(await other)).toEqual({ md5: hash('md5', content.subarray(500_000, 500_010)), sha256: undefined, content: hash('sha256', content.subarray(500_000, 500_010)) });
    const rest = content.subarray(2_000_000);
    expect(hex(await thread.ask(question(one, fd, 2_000_000, 1_000_000)))).toEqual({ md5: hash('md5', rest), sha256: hash('sha256', rest), content: hash('sha256', head, content) });
  });
});

test('a file that is too short, or cannot be read, says so', async () => {
  const thread = new HashingThread();
  await withFile(async (fd) => {
    await expect(thread.ask(question(thread.begin(), fd, 2_999_000, 2000))).rejects.toMatchObject({ position: 3_000_000 });
    await expect(thread.ask(question(thread.begin(), 9999, 0, 1))).rejects.toMatchObject({ code: 'EBADF' });
  });
});

test('a body that a lost thread had begun is never gone on with; others are hashed without a thread from then on', async () => {
  const started: Worker[] = [];
  const thread = new HashingThread(() => {
    const worker = startThread();
    started.push(worker);
    return worker;
  });
  const begun = thread.begin();
  await withFile(async (fd) => {
    await thread.ask(question(begun, fd, 0, 1000));
    await started[0]?.terminate();
    await expect(thread.ask(question(begun, fd, 1000, 1000))).rejects.toMatchObject({ reason: 'StoreError', message: expect.stringContaining('hashing was interrupted') as unknown });
    expect(hex(await thread.ask(question(thread.begin(), fd, 0, 1000))).content).toBe(hash('sha256', content.subarray(0, 1000)));
  });
  expect(started).toHaveLength(1);
});

test('what was asked when the thread is lost is answered: by that', async () => {
  const thread = new HashingThread(() => {
    const worker = startThread();
    void worker.terminate();
    return worker;
  });
  await withFile(async (fd) => {
    await expect(thread.ask(question(thread.begin(), fd, 0, 1000))).rejects.toMatchObject({ reason: 'StoreError' });
  });
});
