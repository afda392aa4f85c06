// The manifest over days: cumulative, in segments of five hundred, in constant memory, over restarts.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ledgersOf } from '../../../../src/agent/ledger.js';
import { buildManifest } from '../../../../src/agent/manifest/build.js';
import { ManifestPublisher } from '../../../../src/agent/manifest/publish.js';
import { Spool } from '../../../../src/agent/spool/spool.js';
import { manifestSchema, type ManifestFile } from '../../../../src/protocol/manifest.js';
import type { JobConfig } from '../../../../src/protocol/job-config.js';
import { closed, START_MS, targets, uploaded } from '../spool/events.js';
import { UploaderStandIn } from '../stand-in.js';

let folder: string;
let spool: Spool;
let uploader: UploaderStandIn;
const log = { warn: () => undefined };
const signal = new AbortController().signal;
const PREFIX = 'shop/web/r1/';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'manifest-'));
  uploader = new UploaderStandIn();
  spool = Spool.open(folder, 'r1', 1, log);
  for (const event of targets('a')) spool.record(event);
});
afterEach(() => rmSync(folder, { recursive: true }));

const publisher = (): ManifestPublisher => new ManifestPublisher(spool, uploader, PREFIX, 'node-a', () => START_MS);
const job = { runID: 'r1', capture: { namespace: 'shop', name: 'web', uid: 'u' }, tcpdump: { interface: 'any' } } as JobConfig;
const manifest = (final = false) => buildManifest({ job, node: 'node-a', state: spool.state, ledgers: ledgersOf(spool.state, new Map()), live: new Map(), tcpdumpVersion: '4.99', keyOf: (f) => `${PREFIX}${f.sequence}`, final });
const published = (attempt: string) => manifestSchema.parse(JSON.parse(uploader.small.get(`${PREFIX}manifest/node-a-${attempt}.json`) ?? ''));
const settle = (from: number, to: number): void => {
  for (let sequence = from; sequence <= to; sequence += 1) for (const event of [closed({ sequence }), uploaded(sequence)]) spool.record(event);
};

test('holds every file, the older ones in segments that can be checked', async () => {
  const p = publisher();
  settle(1, 1234);
  spool.record(closed({ sequence: 1235 }));
  p.seal();
  expect(spool.state.unsealed).toHaveLength(234);
  await p.publish(() => manifest(), signal);
  const m = published('01');
  const inSegments = m.segments.flatMap(({ key, sha256, files }) => {
    const text = uploader.small.get(key) ?? '';
    expect(createHash('sha256').update(text).digest('hex')).toBe(sha256);
    expect(JSON.parse(text)).toHaveLength(files);
    return JSON.parse(text) as ManifestFile[];
  });
  expect([...inSegments, ...m.files].map((f) => f.sequence)).toEqual(Array.from({ length: 1235 }, (_, n) => n + 1));
  expect(m.files.at(-1)).toMatchObject({ state: 'pending', key: `${PREFIX}1235` });
  expect(m.segments.map((s) => s.key)).toEqual([`${PREFIX}manifest/node-a-01.files-0001.json`, `${PREFIX}manifest/node-a-01.files-0002.json`]);
  expect(readdirSync(join(folder, 'segments'))).toEqual([]);
});

test('goes on with the segments of an earlier attempt, also those that were not in the bucket yet', async () => {
  const first = publisher();
  settle(1, 700);
  first.seal();
  uploader.refusal = new Error('down');
  await expect(first.publish(() => manifest(), signal)).rejects.toThrow('down');
  await spool.close();
  uploader.refusal = undefined;

  spool = Spool.open(folder, 'r1', 2, log);
  settle(701, 1000);
  const second = publisher();
  second.seal();
  await second.publish(() => manifest(true), signal);
  const m = published('02');
  expect(m).toMatchObject({ attempt: 2, final: true, files: [] });
  expect(m.segments.map((s) => s.key)).toEqual([`${PREFIX}manifest/node-a-01.files-0001.json`, `${PREFIX}manifest/node-a-02.files-0002.json`]);
  expect(m.segments.every(({ key }) => uploader.small.has(key))).toBe(true);
});

test('is written only where something changed', async () => {
  const p = publisher();
  await p.publish(() => manifest(), signal);
  uploader.small.clear();
  await p.publish(() => manifest(), signal);
  expect(uploader.small.size).toBe(0);
  settle(1, 1);
  await p.publish(() => manifest(), signal);
  expect(published('01').files).toHaveLength(1);
});

test('a segment that cannot be written now is written later', () => {
  const p = publisher();
  settle(1, 600);
  writeFileSync(join(folder, 'segments'), 'in the way');
  p.seal();
  expect([spool.state.unsealed.length, spool.state.segments.length]).toEqual([600, 0]);
  rmSync(join(folder, 'segments'));
  p.seal();
  expect([spool.state.unsealed.length, spool.state.segments.length]).toEqual([100, 1]);
});
