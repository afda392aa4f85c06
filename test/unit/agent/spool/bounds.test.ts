// Which files the node lets go, and that every bound holds whatever comes.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ledgersOf } from '../../../../src/agent/ledger.js';
import { enforceBounds, reactionBytes, type Bounds, type Occupancy } from '../../../../src/agent/spool/bounds.js';
import type { SpoolEvent } from '../../../../src/agent/spool/events.js';
import { onDisk } from '../../../../src/agent/spool/held.js';
import { replay } from '../../../../src/agent/spool/journal.js';
import { applyEvent } from '../../../../src/agent/spool/apply.js';
import { emptyState, fileID, type SpoolState } from '../../../../src/agent/spool/state.js';
import { Shares } from '../../../../src/agent/target/shares.js';
import type { JobConfig } from '../../../../src/protocol/job-config.js';
import { balances } from '../../../../src/protocol/ledger.js';
import { file, targets } from './events.js';

const MB = 1e6;
const bounds = (over: Partial<Bounds> = {}): Bounds => ({ files: undefined, maxSizeBytes: 100 * MB, largestFileBytes: 10 * MB, reserveBytes: 0, writtenBytesPerSecond: 0, onDemand: false, ...over });
/** Open files of so many bytes, each closed at the same size. */
const openFiles = (sizes: Iterable<[string, number]>, largestBytes = 10 * MB) => new Map([...sizes].map(([name, sizeBytes]) => [name, { sizeBytes, largestBytes }]));
const open = (sizes: Record<string, number>) => openFiles(Object.entries(sizes));
const files = (count: number, bytes: number, target = 'a') => Array.from({ length: count }, (_, n) => file({ target, sequence: n + 1, to: bytes }));
const occupancy = (over: Partial<Occupancy> = {}): Occupancy => ({ closed: [], isWanted: () => true, isUnderWay: () => false, cuts: {}, open: open({ a: 0 }), otherBytes: 0, leavingBytes: 0, availableBytes: 1e12, ...over });
const gone = (b: Bounds, o: Occupancy): string[] => enforceBounds(b, o).letGo.map(({ file: f, reason }) => `${f.target}${f.sequence} ${reason}`);

describe('the ring', () => {
  test.each([
    ['counts the open file', { files: 3 }, { closed: files(4, MB) }, ['a1 RingOverwrote', 'a2 RingOverwrote']],
    ['counts only closed files once nothing is open', { files: 3 }, { closed: files(4, MB), open: new Map() }, ['a1 RingOverwrote']],
    ['keeps nothing closed where one file is allowed', { files: 1 }, { closed: files(2, MB) }, ['a1 RingOverwrote', 'a2 RingOverwrote']],
    ['is each target’s own', { files: 2 }, { closed: [...files(2, MB, 'a'), ...files(1, MB, 'b')], open: open({ a: 0, b: 0 }) }, ['a1 RingOverwrote']],
    ['without a number keeps all that fits', {}, { closed: files(40, MB) }, []],
    ['spares a file that is on its way', { files: 3 }, { closed: files(4, MB), isUnderWay: (f: { sequence: number }) => f.sequence === 1 }, ['a2 RingOverwrote', 'a3 RingOverwrote']],
    ['spares none where all are on their way', { files: 2 }, { closed: files(2, MB), isUnderWay: () => true }, ['a1 RingOverwrote']],
  ])('%s', (_, b, o, expected) => expect(gone(bounds(b), occupancy(o))).toEqual(expected));
});

describe('the spool', () => {
  test('lets the oldest go while what is there and may come is too much', () => {
    // 100 MB: 10 for the open file and a packet, 10 between two looks, so that 79 fit.
    expect(gone(bounds(), occupancy({ closed: files(9, 10 * MB) }))).toEqual(['a1 SpoolFull', 'a2 SpoolFull']);
    expect(gone(bounds(), occupancy({ closed: files(7, 10 * MB) }))).toEqual([]);
  });
  test('spares what is on its way as long as others can go', () => {
    const isUnderWay = (f: { sequence: number }): boolean => f.sequence <= 2;
    expect(gone(bounds(), occupancy({ closed: files(9, 10 * MB), isUnderWay }))).toEqual(['a3 SpoolFull', 'a4 SpoolFull']);
    expect(gone(bounds(), occupancy({ closed: files(2, 45 * MB), isUnderWay }))).toEqual(['a1 SpoolFull']);
  });
  test('keeps everything that fits once nothing is open', () => expect(gone(bounds(), occupancy({ closed: files(9, 10 * MB), open: new Map() }))).toEqual([]));
  test('counts journal and segments', () => expect(gone(bounds(), occupancy({ closed: files(7, 10 * MB), otherBytes: 15 * MB }))).toEqual(['a1 SpoolFull']));
  test('counts what a file takes of the disk', () => expect([onDisk(0), onDisk(1), onDisk(4096), onDisk(4097)]).toEqual([0, 4096, 4096, 8192]));
});

describe('what was let go and is still on the disk', () => {
  // 100 MB: 20 are kept for the open file and for what is written between two looks.
  const closed = files(8, 10 * MB);
  test('makes tcpdump wait once no room is left to write on', () => {
    const at = (openBytes: number, leavingBytes: number): boolean => enforceBounds(bounds(), occupancy({ closed: closed.slice(0, 7), open: open({ a: openBytes }), leavingBytes })).starved;
    expect(at(9 * MB, 0)).toBe(false);
    expect(at(9 * MB, 10 * MB)).toBe(false);
    expect(at(9 * MB, 20 * MB)).toBe(true);
  });
  test('makes nobody wait once nothing is open', () => expect(enforceBounds(bounds(), occupancy({ closed, open: new Map(), leavingBytes: 50 * MB })).starved).toBe(false));
});

describe('a fast tcpdump', () => {
  test('has room kept for half a second, and for no more than a quarter of the spool', () => {
    const room = (writtenBytesPerSecond: number): number => reactionBytes(bounds({ writtenBytesPerSecond }));
    expect([room(0), room(10 * MB), room(30 * MB), room(400 * MB)]).toEqual([10 * MB, 10 * MB, 15 * MB, 25 * MB]);
  });
});

describe('the reserve', () => {
  const tight = bounds({ reserveBytes: 50 * MB });
  test('costs the oldest files until it is kept, with room for what tcpdump writes until the next look', () => expect(gone(tight, occupancy({ closed: files(5, 10 * MB), availableBytes: 45 * MB }))).toEqual(['a1 SpoolFull', 'a2 SpoolFull']));
  test('counts on what is about to go', () => expect(gone(tight, occupancy({ closed: files(5, 10 * MB), availableBytes: 45 * MB, leavingBytes: 10 * MB }))).toEqual(['a1 SpoolFull']));
  test('makes tcpdump wait where nothing can go', () => {
    expect(enforceBounds(tight, occupancy({ availableBytes: 35 * MB }))).toEqual({ letGo: [], starved: true });
    expect(enforceBounds(tight, occupancy({ availableBytes: 55 * MB })).starved).toBe(false);
  });
  test('costs nothing once nothing grows', () => expect(enforceBounds(tight, occupancy({ closed: files(3, MB), open: new Map(), availableBytes: 0 }))).toEqual({ letGo: [], starved: false }));
});

describe('a flight recorder', () => {
  const recorder = (over: Partial<Bounds> = {}): Bounds => bounds({ onDemand: true, ...over });
  const asked = (upTo: number) => ({ isWanted: (f: { sequence: number }) => f.sequence <= upTo });
  test.each([
    ['lets its ring turn, which is no loss', { files: 3 }, { closed: files(4, MB), ...asked(0) }, ['a1 Released', 'a2 Released']],
    ['does not count what was asked for', { files: 3 }, { closed: files(4, MB), ...asked(2) }, []],
    ['without a number has the spool as its ring', {}, { closed: files(9, 10 * MB), ...asked(0) }, ['a1 Released', 'a2 Released']],
    ['loses what did not yet fall out of its ring', { files: 20 }, { closed: files(9, 10 * MB), ...asked(0) }, ['a1 SpoolFull', 'a2 SpoolFull']],
    ['keeps what was asked for longest', {}, { closed: files(9, 10 * MB), ...asked(5) }, ['a6 Released', 'a7 Released']],
    ['loses what was asked for, oldest first, when nothing else is left', {}, { closed: files(9, 10 * MB), ...asked(8) }, ['a9 Released', 'a1 SpoolFull']],
    ['loses to a full file system what its spool had room for', { reserveBytes: 50 * MB }, { closed: files(5, 10 * MB), availableBytes: 55 * MB, ...asked(0) }, ['a1 SpoolFull']],
  ])('%s', (_, b, o, expected) => expect(gone(recorder(b), occupancy(o))).toEqual(expected));
});

describe('a savefile of several files', () => {
  // 40 MB: one and two are parts of one, three and four are whole.
  const parts = [file({ sequence: 1, to: 10 * MB }), file({ sequence: 2, from: 10 * MB, to: 40 * MB }), file({ sequence: 3, name: 'capture.1', to: 30 * MB }), file({ sequence: 4, name: 'capture.2', to: 10 * MB })];
  const cuts = (open: boolean) => ({ 'a/01-0001/capture.': { to: 40 * MB, open } });
  test('is on the disk once, and makes room with its last one', () => {
    expect(gone(bounds(), occupancy({ closed: parts.slice(0, 3), cuts: cuts(false) }))).toEqual([]);
    expect(gone(bounds(), occupancy({ closed: parts, cuts: cuts(false) }))).toEqual(['a1 SpoolFull', 'a2 SpoolFull']);
  });
  test('costs nothing beside the open file while it is open, and going makes no room', () => {
    const closed = [...parts.slice(0, 3), file({ sequence: 4, name: 'capture.2', to: 60 * MB })];
    expect(gone(bounds(), occupancy({ closed, cuts: cuts(true), open: open({ a: 40 * MB }) }))).toEqual(['a3 SpoolFull', 'a4 SpoolFull']);
    expect(gone(bounds({ files: 3 }), occupancy({ closed: parts.slice(0, 3), cuts: cuts(true) }))).toEqual(['a1 RingOverwrote']);
  });
});

/** A step of a spool's life: packets for a target, an upload that completes, a restart. */
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('write' as const), target: fc.constantFrom('a', 'b'), bytes: fc.integer({ min: 100, max: 3 * MB }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('upload' as const), nth: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
);

test('any settings, file sizes, upload delays and restarts keep the bounds and the balance', () =>
  fc.assert(
    fc.property(
      fc.record({ files: fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined }), maxSizeMB: fc.integer({ min: 16, max: 60 }), fileMB: fc.integer({ min: 1, max: 2 }) }),
      fc.array(step, { maxLength: 120 }),
      ({ files: most, maxSizeMB, fileMB }, steps) => {
        const b = bounds({ files: most, maxSizeBytes: maxSizeMB * MB, largestFileBytes: fileMB * MB });
        let state: SpoolState = emptyState();
        const journal: string[] = [];
        const record = (event: SpoolEvent): void => {
          applyEvent(state, event);
          journal.push(JSON.stringify(event));
        };
        targets('a', 'b').forEach(record);
        const sizes = new Map([['a', 0], ['b', 0]]);
        const pending = () => Object.values(state.pending);
        const bytes = (): number => [...pending().map((f) => f.to), ...sizes.values()].reduce((sum, n) => sum + onDisk(n), 0);

        for (const s of steps) {
          if (s.kind === 'write') {
            // What tcpdump writes between two looks is what the bounds leave room for: one file's worth, in files of at most its size.
            sizes.set(s.target, (sizes.get(s.target) ?? 0) + Math.min(s.bytes, reactionBytes(b) / 2));
            expect(bytes()).toBeLessThanOrEqual(b.maxSizeBytes);
            if ((sizes.get(s.target) ?? 0) >= b.largestFileBytes) {
              const sequence = state.targets[s.target]?.nextSequence ?? 1;
              record({ type: 'closed', file: file({ target: s.target, sequence, to: sizes.get(s.target) ?? 0, packets: sequence }) });
              sizes.set(s.target, 0);
            }
          } else if (s.kind === 'upload') {
            const f = pending()[s.nth];
            if (f) record({ type: 'uploaded', target: f.target, sequence: f.sequence, key: fileID(f), size: f.to, sha256: '', etag: '' });
          } else {
            const replayed = replay(Buffer.from(`${journal.join('\n')}\n{"torn`), { warn: () => undefined }).state;
            expect(replayed).toEqual(state);
            state = replayed;
          }
          const { letGo, starved } = enforceBounds(b, { closed: pending(), isWanted: () => true, isUnderWay: ({ sequence }) => sequence % 3 === 0, cuts: {}, open: openFiles(sizes, b.largestFileBytes), otherBytes: 0, leavingBytes: 0, availableBytes: 1e12 });
          for (const { file: f, reason } of letGo) record({ type: 'discarded', target: f.target, sequence: f.sequence, reason });
          expect(starved).toBe(false);
          for (const name of ['a', 'b']) expect(pending().filter((f) => f.target === name).length).toBeLessThanOrEqual((b.files ?? Infinity) - 1);
          const ledgers = ledgersOf(state, new Map([...sizes].map(([name, size]) => [name, { packets: size > 0 ? 1 : 0, bytes: size, lastUs: undefined }])));
          for (const { packets, files: f, bytes: n } of [ledgers.total, ...ledgers.targets.values()]) expect([packets, f, n].every(balances)).toBe(true);
        }
      },
    ),
    { numRuns: 150 },
  ));

/** A target that comes or goes, or some packets for one that is there. */
const change = fc.record({ kind: fc.constantFrom('come' as const, 'go' as const, 'write' as const, 'write' as const, 'write' as const), target: fc.nat(11), bytes: fc.integer({ min: 100, max: 5 * MB }) });

test('any targets that come and go keep the bounds, and each keeps the size of its files', () =>
  fc.assert(
    fc.property(
      fc.record({ maxSizeMB: fc.integer({ min: 4, max: 200 }), fileMB: fc.option(fc.integer({ min: 1, max: 50 }), { nil: undefined }) }),
      fc.array(change, { maxLength: 150 }),
      ({ maxSizeMB, fileMB }, changes) => {
        const state = emptyState();
        const maxSizeBytes = maxSizeMB * MB;
        const job = { tcpdump: { bufferSizeBytes: 1 }, ring: { fileSizeBytes: fileMB === undefined ? undefined : fileMB * MB }, spool: { maxSizeBytes } } as JobConfig;
        const shares = new Shares(job, () => state);
        const sizes = new Map<string, number>();
        const largest = new Map<string, number>();
        const pending = () => Object.values(state.pending);
        const bytes = (): number => [...pending().map((f) => f.to), ...sizes.values()].reduce((sum, n) => sum + onDisk(n), 0);
        const close = (target: string): void => {
          const sequence = state.targets[target]?.nextSequence ?? 1;
          if ((sizes.get(target) ?? 0) > 0) applyEvent(state, { type: 'closed', file: file({ target, sequence, to: sizes.get(target) ?? 0 }) });
        };
        const current = (): Bounds => bounds({ maxSizeBytes, largestFileBytes: shares.largestFileBytes });
        let isHeld = false;

        for (const { kind, target: n, bytes: written } of changes) {
          const target = `t${n}`;
          if (kind === 'come' && !sizes.has(target)) {
            for (const event of targets(target)) applyEvent(state, event);
            const share = shares.of(target);
            if (share) {
              sizes.set(target, 0);
              largest.set(target, share.fileSizeMB * MB);
            }
          } else if (kind === 'go') {
            close(target);
            sizes.delete(target);
            shares.giveBack(target);
            delete state.targets[target];
          } else if (kind === 'write' && sizes.has(target) && !isHeld) {
            sizes.set(target, (sizes.get(target) ?? 0) + Math.min(written, reactionBytes(current()) / 2));
            expect(bytes()).toBeLessThanOrEqual(maxSizeBytes);
            if ((sizes.get(target) ?? 0) >= (largest.get(target) ?? 0)) {
              close(target);
              sizes.set(target, 0);
            }
          }
          for (const [name, size] of largest) if (sizes.has(name)) expect(shares.fileBytesOf(name)).toBe(size);
          const openNow = new Map([...sizes].map(([name, sizeBytes]) => [name, { sizeBytes, largestBytes: shares.fileBytesOf(name) }]));
          const { letGo, starved } = enforceBounds(current(), { ...occupancy(), closed: pending(), open: openNow });
          for (const { file: f, reason } of letGo) applyEvent(state, { type: 'discarded', target: f.target, sequence: f.sequence, reason });
          isHeld = starved;
          expect(starved).toBe(false);
        }
      },
    ),
    { numRuns: 150 },
  ));
