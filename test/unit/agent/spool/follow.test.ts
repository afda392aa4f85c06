// The savefiles of one tcpdump: each is counted once and told of once, in whatever order a look finds them.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { appendFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StartFollower } from '../../../../src/agent/spool/follow.js';
import { savefile } from '../../pcap/savefile.js';
import { START_MS } from './events.js';
import { openRegular } from '../../../../src/storage/regular-file.js';

let folder: string;
let follower: StartFollower;
let closed: [string, number][];
const put = (name: string, packets: number): void => writeFileSync(join(folder, name), savefile(Array.from({ length: packets }, (_, n) => ({ us: START_MS * 1000 + n, bytes: 10 }))));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'follow-'));
  closed = [];
  follower = new StartFollower(folder, ({ name, range }) => void closed.push([name, range?.packets ?? 0]));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a file is closed when the next one is there, the last one at the end', async () => {
  put('capture.', 3);
  await follower.poll();
  expect([closed, follower.open?.packets]).toEqual([[], 3]);
  put('capture.1', 2);
  await follower.poll();
  expect([closed, follower.open?.packets, follower.packets]).toEqual([[['capture.', 3]], 2, 5]);
  await follower.poll(true);
  expect([closed, follower.open, follower.packets]).toEqual([[['capture.', 3], ['capture.1', 2]], undefined, 5]);
});

test('one that a look at a large folder missed is closed at the next, and the open one stays open', async () => {
  put('capture.', 3);
  await follower.poll();
  put('capture.2', 1);
  put('capture.4', 1);
  await follower.poll();
  put('capture.1', 5);
  put('capture.3', 7);
  await follower.poll();
  expect(closed).toEqual([['capture.', 3], ['capture.2', 1], ['capture.1', 5], ['capture.3', 7]]);
  put('capture.4', 9);
  await follower.poll();
  expect([follower.open?.packets, follower.packets]).toEqual([9, 25]);
  await follower.poll(true);
  expect(closed.at(-1)).toEqual(['capture.4', 9]);
});

test('what the disk does not give back is told of with what was counted before, and the rest as it is', async () => {
  const told: unknown[] = [];
  follower = new StartFollower(folder, ({ name, range, isUnreadable }) => void told.push([name, range?.packets, isUnreadable]), [], (path) => (path.endsWith('capture.1') ? Promise.reject(new Error('EIO')) : openRegular(path)));
  put('capture.', 3);
  await follower.poll();
  put('capture.1', 2);
  put('capture.2', 4);
  await expect(follower.poll(true)).rejects.toThrow('EIO');
  await follower.abandon();
  expect(told).toEqual([['capture.', 3, undefined], ['capture.2', 4, undefined]]);
  expect([follower.packets, existsSync(join(folder, 'capture.1'))]).toEqual([7, false]);
});

/** Appends records, or a part of one, as tcpdump does. */
const grow = (name: string, packets: number, offsetUs: number, tornBytes = 0): void => {
  const records = savefile(Array.from({ length: packets }, (_, n) => ({ us: START_MS * 1000 + offsetUs + n, bytes: 10 }))).subarray(24);
  appendFileSync(join(folder, name), records.subarray(0, records.length - tornBytes));
};
const RECORD = 26;

test('a cut closes what is whole, and what follows in the same savefile is the next file', async () => {
  const ranges: unknown[] = [];
  follower = new StartFollower(folder, ({ name, range, isFinished }) => void ranges.push([name, range?.from, range?.to, range?.packets, isFinished]));
  put('capture.', 3);
  grow('capture.', 1, 100, 9);
  await follower.cut();
  expect(ranges).toEqual([['capture.', 0, 24 + 3 * RECORD, 3, false]]);
  expect(follower).toMatchObject({ packets: 3, open: { packets: 0, bytes: 24, sizeBytes: 24 + 4 * RECORD - 9 } });
  await follower.cut();
  expect(ranges).toHaveLength(1);
  put('capture.', 3);
  grow('capture.', 5, 100);
  await follower.poll();
  expect(follower.open).toMatchObject({ packets: 5, bytes: 24 + 5 * RECORD });
  await follower.cut();
  grow('capture.', 2, 200);
  await follower.poll(true);
  expect(ranges.slice(1)).toEqual([
    ['capture.', 24 + 3 * RECORD, 24 + 8 * RECORD, 5, false],
    ['capture.', 24 + 8 * RECORD, 24 + 10 * RECORD, 2, true],
  ]);
  expect(follower.packets).toBe(10);
});

test('a savefile that ends at its cut is told of, and stays for whom it belongs to', async () => {
  const ended: unknown[] = [];
  follower = new StartFollower(folder, ({ name, range, isFinished }) => void ended.push([name, range === undefined, isFinished]));
  put('capture.', 3);
  await follower.cut();
  put('capture.1', 1);
  await follower.poll();
  expect(ended).toEqual([['capture.', false, false], ['capture.', true, true]]);
  expect(existsSync(join(folder, 'capture.'))).toBe(true);
  await follower.poll(true);
});

test('goes on behind what an earlier agent recorded', async () => {
  put('capture.', 3);
  put('capture.1', 7);
  follower = new StartFollower(folder, ({ name, range }) => void closed.push([name, range?.packets ?? 0]), [['capture.', { open: false, to: 100 }], ['capture.1', { open: true, to: 24 + 5 * RECORD }]]);
  await follower.poll(true);
  expect(closed).toEqual([['capture.1', 2]]);
});
