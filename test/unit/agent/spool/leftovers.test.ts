// What a killed agent left is taken over file by file, once, whenever the kill came.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { takeOverLeftovers } from '../../../../src/agent/spool/leftovers.js';
import { Spool } from '../../../../src/agent/spool/spool.js';
import { savefile } from '../../pcap/savefile.js';
import { START_MS, file, targets } from './events.js';
import { openRegular } from '../../../../src/storage/regular-file.js';

let folder: string;
const log = { info: () => undefined, warn: () => undefined };
const open = (attempt = 1): Spool => Spool.open(folder, 'r1', attempt, log);
const packets = (count: number, offsetUs = 0) => Array.from({ length: count }, (_, n) => ({ us: START_MS * 1000 + offsetUs + n, bytes: 100 }));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'leftovers-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function put(start: string, name: string, content: Buffer | string): string {
  const path = join(folder, 'captures/a', start);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, name), content);
  return join(path, name);
}

/** A spool in which tcpdump 1 of attempt 1 was started and listens. */
function killed(): Spool {
  const spool = open();
  for (const event of targets('a')) spool.record(event);
  spool.record({ type: 'started', target: 'a', attempt: 1, start: 1 });
  spool.record({ type: 'listening', target: 'a', attempt: 1, start: 1, timeMs: START_MS });
  return spool;
}

describe('leftovers', () => {
  test('are closed in order under the attempt that wrote them, torn records cut off, empty files removed', async () => {
    await killed().close();
    put('01-0001', 'capture.', savefile(packets(5)));
    put('01-0001', 'capture.1', savefile(packets(7)));
    const torn = put('01-0001', 'capture.2', savefile(packets(9)).subarray(0, -30));
    const empty = put('01-0001', 'capture.3', savefile([]));
    const spool = open(2);
    await takeOverLeftovers(spool, log);
    expect(Object.values(spool.state.pending).map((f) => [f.attempt, f.sequence, f.name, f.packets])).toEqual([
      [1, 1, 'capture.', 5],
      [1, 2, 'capture.1', 7],
      [1, 3, 'capture.2', 8],
    ]);
    expect(readFileSync(torn).length).toBe(24 + 8 * 116);
    expect(existsSync(empty)).toBe(false);
    expect(spool.state).toMatchObject({ attempt: 2, targets: { a: { nextSequence: 4 } } });
  });

  test('that the disk does not give back are not tried for ever: the rest is taken over, and what is missing is a gap', async () => {
    await killed().close();
    put('01-0001', 'capture.', savefile(packets(5)));
    put('01-0001', 'capture.1', savefile(packets(3)));
    const spool = open(2);
    let tries = 0;
    await takeOverLeftovers(spool, log, () => Promise.resolve(void (tries += 1)), (path) => (path.endsWith('capture.1') ? Promise.reject(new Error('EIO')) : openRegular(path)));
    expect(tries).toBe(10);
    expect(Object.values(spool.state.pending).map((f) => [f.name, f.packets])).toEqual([['capture.', 5]]);
    expect(spool.state.targets.a?.running).toBeUndefined();
  });

  test('are taken over once, however often a kill comes in between', async () => {
    await killed().close();
    put('01-0001', 'capture.', savefile(packets(5)));
    for (let attempt = 2; attempt <= 4; attempt += 1) {
      const spool = open(attempt);
      await takeOverLeftovers(spool, log);
      expect(Object.values(spool.state.pending)).toMatchObject([{ attempt: 1, sequence: 1, packets: 5 }]);
      await spool.close();
    }
  });

  test('that were uploaded and not yet removed are removed, not delivered again', async () => {
    const spool = killed();
    const path = put('01-0001', 'capture.', savefile(packets(5)));
    await takeOverLeftovers(spool, log);
    spool.record({ type: 'uploaded', target: 'a', sequence: 1, key: 'k', size: 1, sha256: '', etag: '' });
    await spool.close();
    const again = open();
    await takeOverLeftovers(again, log);
    expect(existsSync(path)).toBe(false);
    expect(again.state).toMatchObject({ pending: {}, leaving: {}, targets: { a: { nextSequence: 2, settled: { files: { uploaded: 1, captured: 1 } } } } });
  });

  test('that are gone from the disk are counted as lost', async () => {
    const spool = killed();
    const path = put('01-0001', 'capture.', savefile(packets(5)));
    await takeOverLeftovers(spool, log);
    await spool.close();
    rmSync(path);
    const again = open();
    await takeOverLeftovers(again, log);
    expect(again.state).toMatchObject({ pending: {}, discards: { SpoolLost: 5 } });
  });

  test("tell what tcpdump dropped, by its closing lines, and where the gap begins", async () => {
    await killed().close();
    put('01-0001', 'capture.', savefile(packets(5, 2_000_000)));
    put('01-0001', 'stderr', 'tcpdump: listening on any\n5 packets captured\n20 packets received by filter\n3 packets dropped by kernel\n');
    const spool = open(2);
    await takeOverLeftovers(spool, log);
    expect(spool.state.targets['a']).toMatchObject({ drops: { kernel: 3 }, coveredUs: START_MS * 1000 + 2_000_004 });
  });

  test.each([
    ['was known complete', [{ type: 'written', target: 'a', timeMs: START_MS + 1000 }] as const, START_MS * 1000 + 1_000_000],
    ['began', [], START_MS * 1000],
  ])('of a tcpdump that counted more than its files hold are missing a stretch from where it %s', async (_, events, fromUs) => {
    const before = killed();
    for (const event of events) before.record(event);
    before.record({ type: 'closed', file: file({ packets: 4 }) });
    before.record({ type: 'uploaded', target: 'a', sequence: 1, key: 'k', size: 1, sha256: '', etag: '' });
    before.record({ type: 'removed', target: 'a', sequence: 1 });
    before.record({ type: 'quiet', target: 'a', timeMs: START_MS + 2500 });
    await before.close();
    put('01-0001', 'capture.1', savefile(packets(5, 2_000_000)));
    utimesSync(put('01-0001', 'stderr', 'tcpdump: listening on any\ntcpdump: 12 packets captured, 12 packets received by filter, 0 packets dropped by kernel\n'), START_MS / 1000 + 3, START_MS / 1000 + 3);
    const spool = open(2);
    await takeOverLeftovers(spool, log);
    expect(spool.state.gaps.newest).toEqual([{ target: 'a', fromUs, toUs: START_MS * 1000 + 3_000_000, reason: 'NotWritten' }]);
    expect(spool.state.targets['a']).toMatchObject({ coveredUs: START_MS * 1000 + 3_000_000 });
  });
  test('of a tcpdump whose files hold all that it counted are missing nothing', async () => {
    const before = killed();
    before.record({ type: 'closed', file: file({ packets: 4 }) });
    before.record({ type: 'uploaded', target: 'a', sequence: 1, key: 'k', size: 1, sha256: '', etag: '' });
    before.record({ type: 'removed', target: 'a', sequence: 1 });
    await before.close();
    put('01-0001', 'capture.1', savefile(packets(5, 2_000_000)));
    put('01-0001', 'stderr', 'tcpdump: listening on any\ntcpdump: 9 packets captured, 9 packets received by filter, 0 packets dropped by kernel\n');
    const spool = open(2);
    await takeOverLeftovers(spool, log);
    expect(spool.state.gaps.count).toBe(0);
  });

  test.each([
    ['its packets', savefile(packets(5, 2_000_000)), '', START_MS * 1000 + 2_000_000, START_MS * 1000 + 2_000_004],
    ['its words', savefile([]), 'tcpdump: listening on any', START_MS * 1000 + 3_000_000, START_MS * 1000 + 3_000_000],
  ])('of a tcpdump that the journal no longer knows to have listened end a gap and begin one: %s prove it', async (_, content, stderr, listenedUs, coveredUs) => {
    const before = killed();
    before.record({ type: 'exited', target: 'a', attempt: 1, start: 1, timeMs: START_MS + 1000, coveredUs: START_MS * 1000 + 500_000 });
    before.record({ type: 'started', target: 'a', attempt: 1, start: 2 });
    await before.close();
    put('01-0002', 'capture.', content);
    utimesSync(put('01-0002', 'stderr', stderr), START_MS / 1000 + 3, START_MS / 1000 + 3);
    const spool = open(2);
    await takeOverLeftovers(spool, log);
    expect(spool.state.gaps.newest).toEqual([{ target: 'a', fromUs: START_MS * 1000 + 500_000, toUs: listenedUs, reason: 'AgentReplaced' }]);
    expect(spool.state.targets['a']).toMatchObject({ coveredUs });
  });

  test('of a folder whose journal is lost are delivered too', async () => {
    put('01-0002', '20261120T030512Z.', savefile(packets(5)));
    put('02-0003', '20261120T030612Z.', savefile(packets(6)));
    const spool = open(3);
    await takeOverLeftovers(spool, log);
    expect(Object.values(spool.state.pending).map((f) => [f.target, f.attempt, f.start, f.sequence, f.packets])).toEqual([
      ['a', 1, 2, 1, 5],
      ['a', 2, 3, 2, 6],
    ]);
    expect(spool.state.targets['a']?.nextStart).toBe(4);
  });
});

describe('a savefile that was cut', () => {
  const RECORD = 116;
  const whole = savefile(packets(10));
  /** Killed after the first three packets became a file. */
  async function cutAndKilled(then: (spool: Spool) => void | Promise<void> = () => undefined): Promise<string> {
    const spool = killed();
    const path = put('01-0001', 'capture.', whole);
    const range = { from: 0, to: 24 + 3 * RECORD, packets: 3, openedMs: START_MS, firstUs: START_MS * 1000, lastUs: START_MS * 1000 + 2 };
    spool.record({ type: 'closed', file: { target: 'a', attempt: 1, start: 1, sequence: 1, name: 'capture.', ...range }, goesOn: true });
    await then(spool);
    await spool.close();
    return path;
  }
  const settle = (sequence: number) => async (spool: Spool): Promise<void> => {
    spool.record({ type: 'uploaded', target: 'a', sequence, key: 'k', size: 1, sha256: '', etag: '' });
    const [file] = Object.values(spool.state.leaving);
    if (file) await spool.remove(file);
  };

  test('is taken over behind the cut, once, torn record and all', async () => {
    const path = await cutAndKilled();
    writeFileSync(path, whole.subarray(0, -30));
    for (let attempt = 2; attempt <= 4; attempt += 1) {
      const spool = open(attempt);
      await takeOverLeftovers(spool, log);
      expect(Object.values(spool.state.pending).map((f) => [f.sequence, f.from, f.to, f.packets])).toEqual([
        [1, 0, 24 + 3 * RECORD, 3],
        [2, 24 + 3 * RECORD, 24 + 9 * RECORD, 6],
      ]);
      await spool.close();
    }
    expect(readFileSync(path).length).toBe(24 + 9 * RECORD);
  });

  test('stays until every file of it is done with, in whatever order', async () => {
    const path = await cutAndKilled();
    const spool = open();
    await takeOverLeftovers(spool, log);
    await settle(2)(spool);
    expect(existsSync(path)).toBe(true);
    await settle(1)(spool);
    expect(existsSync(path)).toBe(false);
    expect(spool.state).toMatchObject({ pending: {}, leaving: {}, cuts: {} });
  });

  test('whose first file is delivered is not taken for a new one', async () => {
    const path = await cutAndKilled(settle(1));
    expect(existsSync(path)).toBe(true);
    const spool = open();
    await takeOverLeftovers(spool, log);
    expect(Object.values(spool.state.pending).map((f) => [f.sequence, f.packets])).toEqual([[2, 7]]);
  });

  test('and ends at the cut goes with its last file', async () => {
    const path = await cutAndKilled(settle(1));
    writeFileSync(path, whole.subarray(0, 24 + 3 * RECORD));
    const spool = open();
    await takeOverLeftovers(spool, log);
    expect(existsSync(path)).toBe(false);
    expect(spool.state).toMatchObject({ pending: {}, leaving: {}, cuts: {}, targets: { a: { nextSequence: 2 } } });
  });

  test('and was removed just before the kill is forgotten', async () => {
    rmSync(await cutAndKilled(settle(1)));
    const spool = open();
    await takeOverLeftovers(spool, log);
    expect(spool.state).toMatchObject({ pending: {}, leaving: {}, cuts: {} });
  });
});

test('numbers of reports go on above every one that was used', async () => {
  const first = open();
  const used = first.state.reportsFrom + 999_999;
  await first.close();
  expect(open().state.reportsFrom).toBeGreaterThan(used);
});

test('a spool that is done leaves nothing behind', async () => {
  const spool = killed();
  put('01-0001', 'capture.', savefile(packets(5)));
  await spool.destroy();
  expect(existsSync(join(folder, 'captures'))).toBe(false);
  expect(existsSync(join(folder, 'journal'))).toBe(false);
});
