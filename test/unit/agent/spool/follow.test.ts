// The savefiles of one tcpdump: each is counted once and told of once, in whatever order a look finds them.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StartFollower } from '../../../../src/agent/spool/follow.js';
import { savefile } from '../pcap/savefile.js';
import { START_MS } from './events.js';

let folder: string;
let follower: StartFollower;
let closed: [string, number][];
const put = (name: string, packets: number): void => writeFileSync(join(folder, name), savefile(Array.from({ length: packets }, (_, n) => ({ us: START_MS * 1000 + n, bytes: 10 }))));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'follow-'));
  closed = [];
  follower = new StartFollower(folder, ({ name, packets }) => void closed.push([name, packets]));
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
