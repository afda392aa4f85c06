// Leftovers on a node, with real folders and real locks.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { existsSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lockSpool } from '../../../../src/agent/spool/lock.js';
import { Spool } from '../../../../src/agent/spool/spool.js';
import { sweep } from '../../../../src/agent/sweep/sweep.js';
import { systemClock } from '../../../../src/agent/clock.js';
import type { SweepConfig } from '../../../../src/protocol/sweep.js';
import { runChild } from '../../../../src/tcpdump/child.js';
import { targets } from '../spool/events.js';

const HOUR = 3600;
const NOW = Date.parse('2026-11-20T03:00:00Z');
const quiet = { info: () => undefined, warn: () => undefined };
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sweep-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function aged(path: string, hours: number): string {
  const time = NOW / 1000 - hours * HOUR;
  utimesSync(path, time, time);
  return path;
}

/** A spool whose newest file is so old. */
function spool(name: string, hours: number, files: Record<string, string> = { lock: '', 'captures/web/01-0001/capture.': 'x'.repeat(100) }): string {
  const folder = join(root, name);
  mkdirSync(folder, { recursive: true });
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), content);
    aged(join(folder, path), hours);
  }
  return aged(folder, hours);
}

const swept = (config: Partial<SweepConfig> = {}) => sweep(root, { version: 1, retentionSeconds: 24 * HOUR, keep: [], keepPrefixes: [], ...config }, runChild, NOW, quiet);

describe('a sweep', () => {
  test('removes what is older than files are kept, counts it, and says when the next will be', async () => {
    const [old, young] = [spool('c-1.old', 25), spool('c-2.young', 20)];
    expect(await swept()).toMatchObject({ removed: { spools: 1, files: 2, bytes: 100 }, young: 1, kept: 0, dueInSeconds: 4 * HOUR, errors: [] });
    expect([existsSync(old), existsSync(young)]).toEqual([false, true]);
  });

  test('keeps what it is told to, by name and by the capture it is of', async () => {
    const kept = [spool('c-1.run', 100), spool('c-2.any', 100)];
    expect(await swept({ keep: ['c-1.run'], keepPrefixes: ['c-2.'] })).toMatchObject({ removed: { spools: 0 }, kept: 2 });
    expect(kept.map((folder) => existsSync(folder))).toEqual([true, true]);
  });

  test('keeps what a live agent holds, however old its files are', async () => {
    const folder = spool('c-1.idle', 100);
    const lock = await lockSpool(folder, runChild, systemClock, new AbortController().signal, () => undefined);
    aged(join(folder, 'lock'), 100);
    expect(await swept()).toMatchObject({ removed: { spools: 0 }, kept: 1 });
    await lock?.handle.close();
    expect(await swept()).toMatchObject({ removed: { spools: 1 }, kept: 0 });
  });

  test('counts the packets that were still to be delivered', async () => {
    const folder = spool('c-1.old', 1, {});
    const journal = Spool.open(folder, 'r1', 1, quiet);
    for (const event of targets('a')) journal.record(event);
    const file = { target: 'a', attempt: 1, start: 1, name: 'capture.', from: 0, openedMs: 0, firstUs: 0, lastUs: 0 };
    journal.record({ type: 'closed', file: { ...file, sequence: 1, to: 100, packets: 7 } });
    journal.record({ type: 'closed', file: { ...file, sequence: 2, name: 'capture.1', to: 100, packets: 5 } });
    await journal.close();
    aged(join(folder, 'journal'), 25);
    expect(await swept()).toMatchObject({ removed: { spools: 1, packets: 12 } });
  });

  test('removes an empty folder after an hour', async () => {
    const folders = [spool('c-1.empty', 2, {}), spool('c-2.starts', 0.5, {})];
    expect(await swept()).toMatchObject({ removed: { spools: 1, files: 0 }, young: 1 });
    expect(folders.map((folder) => existsSync(folder))).toEqual([false, true]);
  });

  test('follows no link: neither in the place of a spool, nor within one, nor as its lock', async () => {
    const outside = mkdtempSync(join(tmpdir(), 'outside-'));
    writeFileSync(join(outside, 'precious'), 'p');
    symlinkSync(outside, join(root, 'c-1.link'));
    symlinkSync(outside, join(spool('c-2.within', 25), 'captures', 'link'));
    symlinkSync(join(outside, 'precious'), join(spool('c-3.lock', 25, { journal: '' }), 'lock'));
    // A link's own time is that of its making.
    const result = await sweep(root, { version: 1, retentionSeconds: 0, keep: [], keepPrefixes: [] }, runChild, Date.now() + 1000, quiet);
    expect(result).toMatchObject({ removed: { spools: 1 }, errors: [expect.stringContaining('c-3.lock')] });
    expect(existsSync(join(outside, 'precious'))).toBe(true);
    expect(lstatSync(join(root, 'c-1.link')).isSymbolicLink()).toBe(true);
    rmSync(outside, { recursive: true });
  });
});
