// When tcpdump counted, where its answer is read only later.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { appendFileSync, mkdtempSync, rmSync, utimesSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StderrReader } from '../../../../src/agent/tcpdump/stderr.js';

const START_MS = 1_795_000_000_000;
let folder: string;
let file: FileHandle;
let nowMs: number;
let reader: StderrReader;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stderr-'));
  file = await open(join(folder, 'stderr'), 'ax+');
  nowMs = START_MS;
  reader = new StderrReader(file, { now: () => nowMs, monotonic: () => nowMs - START_MS });
  await said('tcpdump: listening on any', 0, 0);
});
afterEach(async () => {
  await file.close();
  rmSync(folder, { recursive: true });
});

/** Writes a line at a time, and reads it at a later one (ms since the start). */
async function said(line: string, writtenMs: number, readMs: number): Promise<void> {
  const path = join(folder, 'stderr');
  appendFileSync(path, `${line}\n`);
  utimesSync(path, (START_MS + writtenMs) / 1000, (START_MS + writtenMs) / 1000);
  nowMs = START_MS + readMs;
  await reader.read();
}
const counters = (packets: number): string => `tcpdump: ${packets} packets captured, ${packets} packets received by filter, 0 packets dropped by kernel`;
const since = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : ms - START_MS);

test('a count is as old as its line, not as the look at it', async () => {
  await said(counters(5), 1000, 2150);
  expect(since(reader.countedMs)).toBe(1000);
});

test('all is quiet up to a second before the later of two equal counts was written', async () => {
  await said(counters(5), 1000, 2150);
  await said(counters(5), 2150, 3300);
  expect(since(reader.quietMs)).toBe(1150);
});

test('two equal counts that were written within a second prove nothing, however late the second is read', async () => {
  await said(counters(5), 1000, 1000);
  await said(counters(5), 1500, 2600);
  expect(reader.quietMs).toBeUndefined();
});

test('a wall clock that is set forward makes no count older', async () => {
  await said(counters(5), 1000, 365 * 24 * 3600_000);
  expect(since(reader.countedMs)).toBe(365 * 24 * 3600_000);
});
