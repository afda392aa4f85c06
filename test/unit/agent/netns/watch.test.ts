// Whether a netns is still the pod's: told by its inode, never by a process's number.
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { FileHandle } from 'node:fs/promises';
import type { ControlTarget } from '../../../../src/protocol/control.js';
import type { Former } from '../../../../src/agent/netns/choose.js';
import type { LocatedNetns, NotFound } from '../../../../src/agent/netns/locate.js';
import { netnsInode } from '../../../../src/agent/netns/processes.js';
import { NetnsWatch } from '../../../../src/agent/netns/watch.js';

const own = await netnsInode('self');
const target: ControlTarget = { name: 'web-0_1', podName: 'web-0', podUID: 'u', podIPs: ['10.0.0.1'], hostNetwork: false, gone: false };
const nothing: NotFound = { permanent: false, reason: 'NetworkNamespaceNotFound', message: 'none' };

const handle = { close: () => Promise.resolve() } as FileHandle;
const located = (inode: bigint, pid = process.pid): LocatedNetns => ({ handle, inode, pid, startTicks: 100, podIPs: ['10.0.0.1'] });

let nowMs = 0;
let formers: Former[] = [];
let found: LocatedNetns | NotFound = nothing;

/** This test's own process stands for the one by which the netns was found. */
const watchOf = (netns: LocatedNetns): NetnsWatch =>
  new NetnsWatch(netns, {
    locate: (_, former) => (formers.push(former), Promise.resolve(found)),
    clock: { now: () => nowMs, monotonic: () => nowMs },
    ticks: () => nowMs / 10,
  });

beforeEach(() => {
  [nowMs, formers, found] = [1000, [], nothing];
});

describe('a netns in which its process still is', () => {
  test('is asked for that process alone', async () => {
    const watch = watchOf(located(own));
    for (nowMs = 1000; nowMs < 60_000; nowMs += 1000) expect(await watch.look(target)).toBeUndefined();
    expect([formers, watch.seenMs]).toEqual([[], 59_000]);
  });

  test('is looked for anew when the pod has other IPs, and any younger sandbox may follow', async () => {
    const watch = watchOf(located(own));
    found = located(own + 1n, 2);
    nowMs = 5000;
    expect(await watch.look({ ...target, podIPs: ['10.0.0.2'] })).toBe(found);
    expect(formers).toEqual([{ inode: own, seenTicks: 100 }]);
    expect(watch.seenMs).toBe(1000);
  });
});

describe('a netns whose process is gone', () => {
  test('is told by the inode: a process of the same number in another netns is another', async () => {
    const watch = watchOf(located(own + 1n));
    found = located(own, 2);
    nowMs = 2000;
    expect(await watch.look(target)).toBe(found);
    expect(formers).toEqual([{ inode: own + 1n, seenTicks: 100 }]);
  });

  test('stays where another process of the pod is in it, and only the first one tells how old a successor must be', async () => {
    const watch = watchOf(located(own + 1n));
    found = located(own + 1n, 999_999_999);
    for (nowMs = 2000; nowMs <= 20_000; nowMs += 1000) expect(await watch.look(target)).toBeUndefined();
    expect(formers.every(({ seenTicks }) => seenTicks === 100)).toBe(true);
  });

  test('is looked for at most every few seconds, and rarer the longer it is not found', async () => {
    const watch = watchOf(located(own + 1n));
    const scans: number[] = [];
    for (nowMs = 2000; nowMs < 62_000; nowMs += 100) {
      const before = formers.length;
      await watch.look(target);
      if (formers.length > before) scans.push(nowMs);
    }
    const pauses = scans.slice(1).map((ms, index) => ms - (scans[index] as number));
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(3000);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(10_100);
    expect(watch.seenMs).toBe(1000);
  });
});
