// When a tcpdump that is to end may be sent its SIGINT: told by packets and by monotonic time, never by a wall clock alone.
import { expect, test } from '@jest/globals';
import { Drain } from '../../../../src/agent/target/drain.js';

const look = { lastUs: 0, packets: 10, listens: true, isPaused: false };

test('it may once a packet from after the stop is written', () => {
  const drain = new Drain(1_000_000, 50, true);
  expect(drain.isOver({ ...look, monotonicMs: 60, lastUs: 999_999_000 })).toBe(false);
  expect(drain.isOver({ ...look, monotonicMs: 70, lastUs: 1_000_000_000 })).toBe(true);
  expect(drain.drainedUs).toBe(1_000_000_000);
});

test('it may once nothing more came for a while, and in any case after 6 s, however the clock was set', () => {
  const quiet = new Drain(1_000_000, 50, true);
  expect([100, 1500, 1600].map((monotonicMs) => quiet.isOver({ ...look, monotonicMs }))).toEqual([false, false, true]);
  expect(quiet.drainedUs).toBe(1_000_000_000);
  // Packets whose stamps are an hour before the stop: the clock was set back.
  const busy = new Drain(3_600_000_000, 50, true);
  let packets = 0;
  for (let monotonicMs = 100; monotonicMs < 6050; monotonicMs += 100) expect(busy.isOver({ ...look, monotonicMs, lastUs: 1000, packets: packets++ })).toBe(false);
  expect(busy.isOver({ ...look, monotonicMs: 6050, lastUs: 1000, packets })).toBe(true);
  expect(busy.drainedUs).toBeUndefined();
});

test('it may at once where what arrived is not wanted, or it does not listen yet', () => {
  expect(new Drain(1000, 50, false).isOver({ ...look, monotonicMs: 51 })).toBe(true);
  expect(new Drain(1000, 50, true).isOver({ ...look, monotonicMs: 51, listens: false })).toBe(true);
});
