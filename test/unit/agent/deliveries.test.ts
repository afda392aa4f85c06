// A file is delivered or let go, once, and is off the disk only after that was recorded.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Deliveries } from '../../../src/agent/deliveries.js';
import { Spool } from '../../../src/agent/spool/spool.js';
import type { SpoolFile } from '../../../src/agent/spool/events.js';
import { file, targets } from './spool/events.js';
import { UploaderStandIn } from './stand-in.js';

let folder: string;
let spool: Spool;
let uploader: UploaderStandIn;
let deliveries: Deliveries;
let settled: () => void;
let next: Promise<void>;
const expectNext = (): void => void (next = new Promise((resolve) => (settled = resolve)));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'deliveries-'));
  const log = { warn: () => undefined, debug: () => undefined };
  spool = Spool.open(folder, 'r1', 1, log);
  for (const event of targets('a')) spool.record(event);
  uploader = new UploaderStandIn();
  deliveries = new Deliveries(spool, uploader, 'shop/web/r1/', { policy: 'Continuous', compression: 'None' }, log, () => settled());
  expectNext();
});
afterEach(() => rmSync(folder, { recursive: true }));

function closed(over: Partial<SpoolFile> = {}): SpoolFile {
  const f = file(over);
  mkdirSync(dirname(spool.pathOf(f)), { recursive: true });
  writeFileSync(spool.pathOf(f), Buffer.alloc(f.to));
  spool.record({ type: 'closed', file: f });
  return f;
}

test('a closed file goes to its key, once, and leaves the disk when it is verified', async () => {
  const f = closed();
  deliveries.startAll();
  deliveries.startAll();
  expect(uploader.asked.map((a) => a.file)).toEqual([{ key: 'shop/web/r1/a/01-000001_20261120T030512Z.pcap', path: spool.pathOf(f), start: 0, end: 1000, target: 'a', packets: 10 }]);
  expect(existsSync(spool.pathOf(f))).toBe(true);
  uploader.asked[0]?.succeed();
  await next;
  expect(existsSync(spool.pathOf(f))).toBe(false);
  expect(spool.state).toMatchObject({ pending: {}, leaving: {}, targets: { a: { settled: { packets: { uploaded: 10 } } } } });
});

test('while uploads wait none begins, and what is verified still leaves the disk', async () => {
  const first = closed();
  deliveries.startAll();
  uploader.asked[0]?.succeed();
  closed({ sequence: 2 });
  deliveries.startAll(true);
  await next;
  expect(existsSync(spool.pathOf(first))).toBe(false);
  expect(uploader.asked).toHaveLength(1);
  deliveries.startAll();
  expect(uploader.asked).toHaveLength(2);
});

describe('a file that is let go', () => {
  test('while it is being uploaded is aborted first, and counted', async () => {
    const f = closed();
    deliveries.startAll();
    deliveries.letGo(f, 'RingOverwrote');
    expect(deliveries.isLeaving(f)).toBe(true);
    await next;
    expect(spool.state).toMatchObject({ pending: {}, discards: { RingOverwrote: 10 } });
    expect(existsSync(spool.pathOf(f))).toBe(false);
  });
  test('after its upload was complete stays uploaded', async () => {
    const f = closed();
    deliveries.startAll();
    uploader.asked[0]?.succeed();
    deliveries.letGo(f, 'SpoolFull');
    await next;
    expect(spool.state).toMatchObject({ discards: {}, targets: { a: { settled: { packets: { uploaded: 10, discarded: 0 } } } } });
  });
  describe('after its object was sent, and no answer heard,', () => {
    const key = 'shop/web/r1/a/01-000001_20261120T030512Z.pcap';
    const sentAndLetGo = async (): Promise<void> => {
      const f = closed();
      deliveries.startAll();
      uploader.asked[0]?.sending();
      deliveries.letGo(f, 'SpoolFull');
      await next;
      expect(existsSync(spool.pathOf(f))).toBe(false);
    };
    test('is uploaded where the object is there', async () => {
      uploader.there.set(key, { size: 1000, sha256: 'ab', etag: 'cd' });
      await sentAndLetGo();
      expect(spool.state).toMatchObject({ pending: {}, discards: {}, unsealed: [{ key, state: 'uploaded', sha256: 'ab' }], targets: { a: { settled: { packets: { uploaded: 10, discarded: 0 } } } } });
    });
    test('is discarded where nobody knows, and its entry names the object that may be there', async () => {
      await sentAndLetGo();
      expect(spool.state).toMatchObject({ discards: { SpoolFull: 10 }, unsealed: [{ key, state: 'discarded', reason: 'SpoolFull', size: 1000, sha256: 'ab' }] });
    });
    test('by an agent that was killed, is asked for by the next', async () => {
      const f = closed();
      deliveries.startAll();
      uploader.asked[0]?.sending();
      await spool.close();
      spool = Spool.open(folder, 'r1', 1, { warn: () => undefined });
      uploader.there.set(key, { size: 1000, sha256: 'ab', etag: 'cd' });
      deliveries = new Deliveries(spool, uploader, 'shop/web/r1/', { policy: 'Continuous', compression: 'None' }, { warn: () => undefined, debug: () => undefined }, () => settled());
      expectNext();
      deliveries.letGo(Object.values(spool.state.pending)[0] ?? f, 'SpoolFull');
      await next;
      expect(spool.state).toMatchObject({ pending: {}, discards: {}, targets: { a: { settled: { packets: { uploaded: 10 } } } } });
    });
    test('and before that is not asked for', async () => {
      const f = closed();
      deliveries.startAll();
      deliveries.letGo(f, 'SpoolFull');
      await next;
      expect([uploader.found, spool.state.unsealed[0]?.key]).toEqual([[], undefined]);
    });
  });
  test('before its upload began is counted too', async () => {
    deliveries.letGo(closed(), 'SpoolFull');
    await next;
    expect(spool.state.discards).toEqual({ SpoolFull: 10 });
  });
});

test.each([
  ['gone', Object.assign(new Error('gone'), { code: 'ENOENT' }), 'SpoolLost'],
  ['unreadable', Object.assign(new Error('bad disk'), { code: 'EIO' }), 'Damaged'],
])('a file that is %s is counted as that', async (_, error, reason) => {
  closed();
  deliveries.startAll();
  uploader.asked[0]?.fail(error);
  await next;
  expect(spool.state.discards).toEqual({ [reason]: 10 });
});

describe('a flight recorder', () => {
  const recorder = (): Deliveries => new Deliveries(spool, uploader, 'shop/web/r1/', { policy: 'OnDemand', compression: 'None' }, { warn: () => undefined, debug: () => undefined }, () => settled());
  test('delivers what a snapshot asked for, and nothing else', () => {
    deliveries = recorder();
    closed();
    deliveries.startAll();
    expect(uploader.asked).toEqual([]);
    spool.record({ type: 'snapshot', token: 't', timeMs: 1 });
    closed({ sequence: 2, name: 'capture.1' });
    deliveries.startAll();
    expect(uploader.asked.map((a) => a.file.key)).toEqual(['shop/web/r1/a/01-000001_20261120T030512Z.pcap']);
  });
  test('lets a file go without asking the bucket', async () => {
    deliveries = recorder();
    const f = closed();
    deliveries.letGo(f, 'Released');
    await next;
    expect([uploader.asked.length, existsSync(spool.pathOf(f))]).toEqual([0, false]);
    expect(spool.state).toMatchObject({ pending: {}, leaving: {}, discards: {}, targets: { a: { settled: { packets: { released: 10 } } } } });
  });
});

test('a part of a savefile goes with the pcap header of the whole, and leaves the savefile to the others', async () => {
  const f = closed({ from: 400, sequence: 2 });
  const header = Buffer.from('header of twenty-four by');
  writeFileSync(spool.pathOf(f), Buffer.concat([header, Buffer.alloc(f.to)]));
  spool.record({ type: 'closed', file: file({ sequence: 1, to: 400 }), goesOn: true });
  deliveries.startAll();
  while (uploader.asked.length < 2) await new Promise((resolve) => setImmediate(resolve));
  const part = uploader.asked.find((a) => a.file.start > 0);
  expect(part?.file).toMatchObject({ start: 400, end: 1000, prologue: header });
  part?.succeed();
  await next;
  expect([existsSync(spool.pathOf(f)), Object.keys(spool.state.pending), spool.state.leaving]).toEqual([true, ['a/1'], {}]);
});

test('a settled file that could not be removed is removed later, and delivered once', async () => {
  const f = closed();
  const sync = spool.sync.bind(spool);
  spool.sync = () => Promise.reject(Object.assign(new Error('no space'), { code: 'ENOSPC' }));
  deliveries.startAll();
  uploader.asked[0]?.succeed();
  await next;
  expect(Object.keys(spool.state.leaving)).toEqual(['a/1']);
  spool.sync = sync;
  expectNext();
  deliveries.startAll();
  await next;
  expect(spool.state).toMatchObject({ pending: {}, leaving: {}, targets: { a: { settled: { packets: { uploaded: 10, discarded: 0 } } } } });
  expect([uploader.asked.length, existsSync(spool.pathOf(f))]).toEqual([1, false]);
});

test('an agent that ends leaves what was not delivered pending and on the disk', async () => {
  const f = closed();
  deliveries.startAll();
  await deliveries.interrupt();
  expect(Object.keys(spool.state.pending)).toEqual(['a/1']);
  expect(existsSync(spool.pathOf(f))).toBe(true);
});

describe('uploads that nobody ended', () => {
  const keys = ['shop/web/r1/a/01-000001_x.pcap', 'shop/web/r1/of-another-node/01-000001_x.pcap'];

  test("are forgotten at the end where a file was given up, but for those of the run's other nodes", async () => {
    uploader.unfinished.push(...keys);
    deliveries.letGo(closed(), 'SpoolFull');
    await next;
    await deliveries.tidyUp();
    expect(uploader.forgotten).toEqual(keys.slice(0, 1));
  });

  test('are forgotten also where their target has left', async () => {
    uploader.unfinished.push(...keys);
    deliveries.letGo(closed(), 'SpoolFull');
    await next;
    spool.record({ type: 'targetsSealed', number: 1, key: 'k', sha256: 'ab', targets: ['a'] });
    await deliveries.tidyUp();
    expect(spool.state.targets).toEqual({});
    expect(uploader.forgotten).toEqual(keys.slice(0, 1));
  });

  test('are not asked for where all was delivered', async () => {
    uploader.unfinished.push(...keys);
    await deliveries.tidyUp();
    expect(uploader.forgotten).toEqual([]);
  });
});
