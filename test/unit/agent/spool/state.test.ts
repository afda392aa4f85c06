// What a journal amounts to: counts, sequence numbers, gaps, drops, and what is still to do.
import { describe, expect, test } from '@jest/globals';
import { ledgersOf } from '../../../../src/agent/ledger.js';
import type { SpoolEvent } from '../../../../src/agent/spool/events.js';
import { isWanted } from '../../../../src/agent/spool/wanted.js';
import { closed, discarded, file, fold, START_MS, targets, uploaded } from './events.js';

const START = { target: 'a', attempt: 1, start: 1 };
const totalOf = (events: Parameters<typeof fold>[0]) => ledgersOf(fold(events), new Map()).total;

describe('a file', () => {
  test('is pending from its closing on, and settled once', () => {
    expect(totalOf([...targets('a'), closed()])).toMatchObject({ packets: { captured: 10, pending: 10 }, files: { captured: 1, pending: 1 }, bytes: { captured: 1000, pending: 1000 } });
    const settled = { packets: { captured: 10, uploaded: 10, pending: 0, discarded: 0 }, files: { captured: 1, uploaded: 1 } };
    expect(totalOf([...targets('a'), closed(), uploaded()])).toMatchObject(settled);
    expect(totalOf([...targets('a'), closed(), uploaded(), uploaded(), discarded('SpoolFull')])).toMatchObject(settled);
  });
  test('that was discarded counts by its reason', () => {
    const state = fold([...targets('a'), closed(), closed({ sequence: 2, packets: 5 }), discarded('SpoolFull'), discarded('RingOverwrote', 2)]);
    expect(state.discards).toEqual({ SpoolFull: 10, RingOverwrote: 5 });
    expect(state.unsealed.map((f) => [f.sequence, f.state, f.reason, f.key])).toEqual([
      [1, 'discarded', 'SpoolFull', undefined],
      [2, 'discarded', 'RingOverwrote', undefined],
    ]);
  });
  test('stays known until it is off the disk', () => {
    const events = [...targets('a'), closed(), uploaded()];
    expect(Object.keys(fold(events).leaving)).toEqual(['a/1']);
    expect(fold([...events, { type: 'removed', target: 'a', sequence: 1 }]).leaving).toEqual({});
  });
  test('gives the next one its number, over attempts too', () => {
    expect(fold([...targets('a', 'b'), closed({ sequence: 7 }), { type: 'attempt', attempt: 2 }]).targets).toMatchObject({ a: { nextSequence: 8 }, b: { nextSequence: 1 } });
  });
  test('is told of in segments once there are enough', () => {
    const state = fold([...targets('a'), closed(), closed({ sequence: 2 }), uploaded(), uploaded(2), { type: 'sealed', number: 1, key: 'k', sha256: 's', files: 1 }]);
    expect(state.unsealed.map((f) => f.sequence)).toEqual([2]);
    expect(state.segments).toEqual([{ number: 1, key: 'k', sha256: 's', files: 1, uploaded: false }]);
    expect(ledgersOf(state, new Map()).total.files.uploaded).toBe(2);
  });
  test('recent ones come first, ten of them', () => {
    const many = Array.from({ length: 12 }, (_, n) => n + 1);
    const state = fold([...targets('a'), ...many.flatMap((sequence) => [closed({ sequence }), uploaded(sequence)])]);
    expect(state.recentFiles.map((f) => f.key)).toEqual(many.slice(2).reverse().map((n) => `a/${n}`));
  });
});

describe('the open file', () => {
  test('is captured and pending as far as it was scanned; without a packet it is none', () => {
    const state = fold(targets('a'));
    const open = (packets: number) => new Map([['a', { packets, bytes: 24 + packets * 100, lastUs: undefined }]]);
    expect(ledgersOf(state, open(3)).total).toMatchObject({ packets: { captured: 3, pending: 3 }, files: { captured: 1, pending: 1 }, bytes: { captured: 324 } });
    expect(ledgersOf(state, open(0)).total).toMatchObject({ packets: { captured: 0 }, files: { captured: 0 }, bytes: { captured: 0 } });
  });
});

describe('drops', () => {
  test('add up over tcpdumps, and are absolute within one', () => {
    const drops = (start: number, kernel: number) => ({ type: 'drops' as const, ...START, start, kernel, interface: 1 });
    expect(totalOf([...targets('a'), drops(1, 5), drops(1, 9), drops(2, 0), drops(2, 4)]).packets).toMatchObject({ droppedByKernel: 13, droppedByInterface: 2 });
  });
});

describe('a gap', () => {
  const listening = { type: 'listening' as const, ...START, timeMs: START_MS };
  const exited = { type: 'exited' as const, ...START, timeMs: START_MS + 5000, coveredUs: START_MS * 1000 + 4e6 };
  test('is due between what the last tcpdump covered and the next one', () => {
    expect(fold([...targets('a'), listening]).targets['a']?.coveredUs).toBeUndefined();
    expect(fold([...targets('a'), listening, exited]).targets['a']?.coveredUs).toBe(START_MS * 1000 + 4e6);
    expect(fold([...targets('a'), listening, exited, { ...listening, start: 2 }]).targets['a']?.coveredUs).toBeUndefined();
  });
  test('is counted with its length, and moves on what is covered', () => {
    const gap = { type: 'gap' as const, target: 'a', fromUs: START_MS * 1000 + 4e6, toUs: START_MS * 1000 + 6.5e6, reason: 'AgentRestarted' };
    const state = fold([...targets('a'), listening, exited, gap]);
    expect(state.gaps).toMatchObject({ count: 1, seconds: 2.5, newest: [{ reason: 'AgentRestarted' }] });
    expect(state.targets['a']?.coveredUs).toBe(gap.toUs);
  });
  test('beyond the newest thousand is kept as a sum', () => {
    const gap = { type: 'gap' as const, target: 'a', fromUs: 0, toUs: 1e6, reason: 'TcpdumpDied' };
    const state = fold([...targets('a'), ...Array<typeof gap>(1200).fill(gap)]);
    expect([state.gaps.count, state.gaps.seconds, state.gaps.newest.length]).toEqual([1200, 1200, 1000]);
  });
});

describe('the time of an attempt', () => {
  const listening = { type: 'listening' as const, ...START, timeMs: START_MS };
  test('begins with its first tcpdump, and anew with the next attempt', () => {
    const state = fold([...targets('a'), { type: 'attempt', attempt: 1 }, listening, { ...listening, start: 2, timeMs: START_MS + 9000 }]);
    expect([state.attemptStartMs, state.captureStartMs]).toEqual([START_MS, START_MS]);
    const next = fold([...targets('a'), { type: 'attempt', attempt: 1 }, listening, { type: 'attempt', attempt: 2 }, { ...listening, attempt: 2, start: 3, timeMs: START_MS + 60_000 }]);
    expect([next.attemptStartMs, next.captureStartMs]).toEqual([START_MS + 60_000, START_MS]);
  });
});

describe('a snapshot', () => {
  const snapshot = (token: string) => ({ type: 'snapshot' as const, token, timeMs: START_MS });
  const numbers = (s: ReturnType<typeof fold>) => s.snapshots.map(({ token, captured, uploaded, discarded }) => ({ token, captured, uploaded, discarded }));
  const recorded = [...targets('a', 'b'), closed(), closed({ sequence: 2 }), discarded('Released'), closed({ target: 'b', packets: 3 })];
  test('wants what is there and no earlier one asked for, and follows what becomes of it', () => {
    const state = fold([...recorded, snapshot('x'), closed({ sequence: 3, packets: 7 }), uploaded(2), snapshot('y'), uploaded(3), discarded('SpoolFull', 1, 'b')]);
    expect(numbers(state)).toEqual([
      { token: 'x', captured: 13, uploaded: 10, discarded: 3 },
      { token: 'y', captured: 7, uploaded: 7, discarded: 0 },
    ]);
  });
  test('asks for files of a recorder, and so do the end of the run, of a target, and a suspension that was taken back', () => {
    const wanted = (...events: Parameters<typeof fold>[0]): boolean[] => {
      const state = fold([...recorded, ...events]);
      return [file({ sequence: 2 }), file({ sequence: 3 }), file({ target: 'b' })].map((f) => isWanted('OnDemand', state, f));
    };
    const suspended: SpoolEvent = { type: 'stopped', reason: 'Suspended', timeMs: START_MS, final: false };
    expect(wanted()).toEqual([false, false, false]);
    expect(wanted(snapshot('x'))).toEqual([true, false, true]);
    expect(wanted({ type: 'ended', target: 'a', stopReason: 'TargetGone', timeMs: START_MS })).toEqual([true, true, false]);
    expect(wanted(suspended)).toEqual([true, true, true]);
    expect(wanted(suspended, { type: 'resumed', timeMs: START_MS })).toEqual([true, false, true]);
    expect([file()].map((f) => isWanted('Continuous', fold(recorded), f))).toEqual([true]);
  });
  test('is taken once for a token; twenty are remembered', () => {
    expect(numbers(fold([...recorded, snapshot('x'), closed({ sequence: 3 }), snapshot('x')]))).toHaveLength(1);
    expect(fold(Array.from({ length: 30 }, (_, n) => snapshot(`${n}`))).snapshots.map(({ token }) => token)).toEqual(Array.from({ length: 20 }, (_, n) => `${n + 10}`));
  });
});

describe('what a ring let go', () => {
  test('counts as discarded and released, is no loss by reason, and in no list', () => {
    const state = fold([...targets('a'), closed(), discarded('Released')]);
    expect(ledgersOf(state, new Map()).total).toMatchObject({ packets: { captured: 10, discarded: 10, released: 10 }, files: { discarded: 1 }, bytes: { discarded: 1000 } });
    expect([state.discards, state.unsealed]).toEqual([{}, []]);
  });
});

describe('a suspension', () => {
  const listening = { type: 'listening' as const, ...START, timeMs: START_MS };
  const attempt = { type: 'attempt' as const, attempt: 1 };
  const suspended = (timeMs: number): SpoolEvent => ({ type: 'stopped', reason: 'Suspended', timeMs, final: false });
  test('lasts until it is taken back, also past a tcpdump that was on its way', () => {
    const events = [...targets('a'), attempt, listening, suspended(START_MS + 1000), { ...listening, start: 2 }];
    expect(fold(events).stopped).toMatchObject({ reason: 'Suspended' });
    expect(fold([...events, { type: 'resumed', timeMs: START_MS + 5000 }]).stopped).toBeUndefined();
  });
  test('is time that does not count, of its attempt', () => {
    const events: SpoolEvent[] = [...targets('a'), attempt, listening, suspended(START_MS + 1000), { type: 'resumed', timeMs: START_MS + 5000 }, suspended(START_MS + 6000), { type: 'resumed', timeMs: START_MS + 8000 }];
    expect(fold(events).suspendedMs).toBe(6000);
    expect(fold([...events, { type: 'attempt', attempt: 2 }]).suspendedMs).toBe(0);
  });
  test("makes gaps that are told from the others", () => {
    const gap = (reason: string) => ({ type: 'gap' as const, target: 'a', fromUs: 0, toUs: 2e6, reason });
    expect(fold([...targets('a'), gap('Suspended'), gap('TcpdumpDied')]).gaps).toMatchObject({ count: 2, seconds: 4, suspended: { count: 1, seconds: 2 } });
  });
});

describe('a savefile that was cut', () => {
  const cut = { ...closed({ to: 500 }), goesOn: true } as SpoolEvent;
  const id = 'a/01-0001/capture.';
  const removed = (sequence: number): SpoolEvent => ({ type: 'removed', target: 'a', sequence });
  test('is known as long as tcpdump writes to it or a file of it is left', () => {
    expect(fold([...targets('a'), cut, uploaded(), removed(1)]).cuts).toEqual({ [id]: { to: 500, open: true } });
    const behind = closed({ sequence: 2, from: 500, to: 900 });
    expect(fold([...targets('a'), cut, behind]).cuts).toEqual({ [id]: { to: 900, open: false } });
    expect(fold([...targets('a'), cut, behind, uploaded(), removed(1)]).cuts).toEqual({ [id]: { to: 900, open: false } });
    expect(fold([...targets('a'), cut, behind, uploaded(), removed(1), uploaded(2), removed(2)]).cuts).toEqual({});
  });
  test('may end with nothing behind the cut', () => {
    const finished: SpoolEvent = { type: 'finished', ...START, name: 'capture.' };
    expect(fold([...targets('a'), cut, finished]).cuts).toEqual({ [id]: { to: 500, open: false } });
    expect(fold([...targets('a'), cut, uploaded(), removed(1), finished]).cuts).toEqual({});
  });
  test('gives each later file a pcap header of its own, which counts', () => {
    const state = fold([...targets('a'), cut, closed({ sequence: 2, from: 500, to: 900 }), uploaded(2)]);
    expect(ledgersOf(state, new Map()).total.bytes).toMatchObject({ captured: 924, uploaded: 424, pending: 500 });
  });
});

test('an event of a target that nobody introduced is passed over', () => expect(fold([closed(), uploaded(), discarded('x')])).toEqual(fold([])));

test('a run that ended for want of targets goes on with the next one, a stopped one does not', () => {
  const listening = { type: 'listening' as const, ...START, timeMs: START_MS };
  const stopped = (final: boolean) => ({ type: 'stopped' as const, reason: 'TargetGone', timeMs: START_MS, final });
  expect(fold([...targets('a'), stopped(false), listening]).stopped).toBeUndefined();
  expect(fold([...targets('a'), stopped(true), listening]).stopped).toMatchObject({ final: true });
});
