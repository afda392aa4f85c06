// A node whose wall clock is set while no agent looks: what was begun lasts as long as it would have, on the same boot.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CaptureTime } from '../../../src/agent/capture-time.js';
import { momentOf, systemClock, type Clock } from '../../../src/agent/clock.js';
import type { AgentDependencies } from '../../../src/agent/dependencies.js';
import { Finishing } from '../../../src/agent/finishing.js';
import { Spool } from '../../../src/agent/spool/spool.js';
import { closed, START_MS, targets } from './spool/events.js';

const YEAR_MS = 365 * 24 * 3600 * 1000;
const RETENTION_MS = 3600_000;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wall-clock-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = (): Spool => Spool.open(folder, 'r1', 1, { warn: () => undefined });
/** `ms` after the start; the wall clock is `setMs` ahead by then. */
const at = (ms: number, setMs = 0, bootID = 'b1'): Clock => ({ now: () => START_MS + ms + setMs, monotonic: () => 50_000 + ms, bootID });

/** What a spool has recorded at the start, by an agent that is gone. */
async function begun(clock: Clock): Promise<void> {
  const spool = open();
  for (const event of targets('a')) spool.record(event);
  spool.record({ type: 'started', target: 'a', attempt: 1, start: 1 });
  spool.record({ type: 'listening', target: 'a', attempt: 1, start: 1, ...momentOf(clock) });
  spool.record(closed());
  await spool.close();
}

describe('the duration, after a restart of the container,', () => {
  test.each([
    ['goes on where the clock was set forward', at(60_000, YEAR_MS), 60_000],
    ['goes on where the clock was set back', at(60_000, -YEAR_MS), 60_000],
    ['is told by the wall clock on another boot', at(60_000, 0, 'b2'), 60_000],
  ])('%s', async (_, now, expected) => {
    await begun(at(0));
    expect(new CaptureTime(open(), now).ms).toBe(expected);
  });
  test('goes on without a suspension in which the clock was set', async () => {
    await begun(at(0));
    const spool = open();
    spool.record({ type: 'stopped', reason: 'Suspended', final: false, ...momentOf(at(10_000)) });
    expect(new CaptureTime(spool, at(15_000, YEAR_MS)).ms).toBe(10_000);
    spool.record({ type: 'resumed', ...momentOf(at(20_000, YEAR_MS)) });
    expect(new CaptureTime(spool, at(30_000, YEAR_MS)).ms).toBe(20_000);
  });
});

describe('what is pending at the end', () => {
  test.each([
    ['is kept where the clock is set forward', at(60_000, YEAR_MS), []],
    ['is kept by an agent of another boot within its time', at(60_000, 0, 'b2'), []],
    ['is given up after its time', at(RETENTION_MS + 1), ['DrainExpired']],
    ['is given up after its time where the clock is set back', at(RETENTION_MS + 1, -YEAR_MS), ['DrainExpired']],
    ['is given up after its time by an agent of another boot', at(RETENTION_MS + 1, 0, 'b2'), ['DrainExpired']],
  ])('%s', async (_, clock, reasons) => {
    await begun(at(0));
    const spool = open();
    spool.record({ type: 'stopped', reason: 'Requested', final: true, ...momentOf(at(0)) });
    const letGo: string[] = [];
    const deps = { spool, clock, config: { job: { spool: { retentionSeconds: RETENTION_MS / 1000 } } } } as unknown as AgentDependencies;
    type Parts = ConstructorParameters<typeof Finishing>;
    const finishing = new Finishing(deps, { areFinished: true, recordLastGaps: () => undefined } as Parts[1], { letGo: (_file: unknown, reason: string) => void letGo.push(reason) } as unknown as Parts[2], {} as Parts[3], {} as Parts[4]);
    await finishing.ifDrained();
    expect(letGo).toEqual(reasons);
  });
});

test('the system’s clock counts on in the next process of the same boot', () => {
  expect(systemClock.bootID).toMatch(/^[0-9a-f-]{36}$/);
  expect(Math.abs(systemClock.monotonic() - Number(process.hrtime.bigint()) / 1e6)).toBeLessThan(1000);
});
