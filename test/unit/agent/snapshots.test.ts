// When a snapshot is taken, and which time it may claim.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CaptureTime } from '../../../src/agent/capture-time.js';
import { Snapshots } from '../../../src/agent/snapshots.js';
import { Spool } from '../../../src/agent/spool/spool.js';
import { Drain, type Progress } from '../../../src/agent/target/drain.js';
import { closed, START_MS, targets, uploaded } from './spool/events.js';

let folder: string;
let spool: Spool;
let nowMs: number;
const clock = { now: () => nowMs, monotonic: () => nowMs };
const log = { info: () => undefined, warn: () => undefined };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'snapshots-'));
  spool = Spool.open(folder, 'r1', 1, log);
  for (const event of targets('a')) spool.record(event);
  nowMs = START_MS;
});
afterEach(async () => {
  await spool.close();
  rmSync(folder, { recursive: true });
});

function snapshotsOf(written: () => number | undefined): { snapshots: Snapshots; cuts: number[] } {
  const cuts: number[] = [];
  const captures = { drains: () => new Map(), writtenUpTo: written, cut: () => Promise.resolve(void cuts.push(nowMs)) };
  return { snapshots: new Snapshots(spool, captures, clock, log), cuts };
}

test('a snapshot waits for what had arrived, is taken once, and is complete when its last packet is settled', async () => {
  const written: { ms?: number } = {};
  const { snapshots, cuts } = snapshotsOf(() => written.ms);
  await snapshots.poll('x');
  expect([cuts, spool.state.snapshots]).toEqual([[], []]);
  nowMs += 700;
  written.ms = START_MS;
  spool.record(closed());
  await snapshots.poll('x');
  await snapshots.poll('x');
  expect(cuts).toEqual([START_MS + 700]);
  expect(spool.state.snapshots).toMatchObject([{ token: 'x', timeMs: START_MS, captured: 10 }]);
  expect(spool.state.snapshots[0]?.completionMs).toBeUndefined();
  spool.record(uploaded());
  nowMs += 100;
  await snapshots.poll('x');
  expect(spool.state.snapshots[0]?.completionMs).toBe(START_MS + 800);
});

test.each([
  ['a packet from after the moment is there', { lastUs: START_MS * 1000 + 5 }, 0, true, true],
  ['nothing new came for the time that the kernel holds packets', {}, 1500, true, true],
  ['a held tcpdump writes nothing, which says nothing', { isPaused: true }, 1500, false, false],
  ['a tcpdump is too far behind', { isPaused: true }, 6000, true, false],
])('the wait for what had arrived, where %s', (_, over, waitedMs, isOver, isDrained) => {
  const drain = new Drain(START_MS, 0, true);
  const look: Omit<Progress, 'monotonicMs'> = { lastUs: 0, packets: 7, listens: true, isPaused: false, ...over };
  drain.isOver({ ...look, monotonicMs: 0 });
  expect([drain.isOver({ ...look, monotonicMs: waitedMs }), drain.drainedUs !== undefined]).toEqual([isOver, isDrained]);
});

test('time in which capturing is suspended does not count, also over a restart', () => {
  const elapsed = new CaptureTime(spool, clock);
  expect(elapsed.ms).toBeUndefined();
  spool.record({ type: 'listening', target: 'a', attempt: 1, start: 1, timeMs: START_MS });
  nowMs += 1000;
  expect(elapsed.ms).toBe(1000);
  nowMs += 500;
  spool.record({ type: 'stopped', reason: 'Suspended', timeMs: nowMs, final: false });
  expect(elapsed.ms).toBe(1500);
  nowMs += 60_000;
  expect([elapsed.ms, new CaptureTime(spool, clock).ms]).toEqual([1500, 1500]);
  spool.record({ type: 'resumed', timeMs: nowMs });
  expect(elapsed.ms).toBe(1500);
  nowMs += 250;
  expect([elapsed.ms, new CaptureTime(spool, clock).ms]).toEqual([1750, 1750]);
});
