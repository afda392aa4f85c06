// Pods that come and go for months: the agent's state and journal stay small, and no target and no packet leaves the account.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EndedTargets } from '../../../src/agent/ended-targets.js';
import { ledgersOf } from '../../../src/agent/ledger.js';
import { buildManifest } from '../../../src/agent/manifest/build.js';
import { ManifestPublisher } from '../../../src/agent/manifest/publish.js';
import { folderOfTarget } from '../../../src/agent/spool/folders.js';
import { Spool } from '../../../src/agent/spool/spool.js';
import type { JobConfig } from '../../../src/protocol/job-config.js';
import { manifestSchema, manifestTargetSchema, type ManifestTarget } from '../../../src/protocol/manifest.js';
import { UploaderStandIn } from './stand-in.js';
import { closed, START_MS, targets, uploaded } from './spool/events.js';

const PREFIX = 'shop/web/r1/';
const LISTED = 20;
const signal = new AbortController().signal;
const job = { runID: 'r1', capture: { namespace: 'shop', name: 'web', uid: 'u' }, tcpdump: { interface: 'any' } } as JobConfig;

let folder: string;
let spool: Spool;
let uploader: UploaderStandIn;
let publisher: ManifestPublisher;
let ended: EndedTargets;
let forgotten: string[];

/** An agent's turn at the folder. */
function open(attempt: number): void {
  spool = Spool.open(folder, 'r1', attempt, { warn: () => undefined });
  publisher = new ManifestPublisher(spool, uploader, PREFIX, 'node-a', () => START_MS);
  ended = new EndedTargets(job, spool, { isOver: () => true, forget: (names) => void forgotten.push(...names), ledgers: () => ledgersOf(spool.state, new Map()) }, publisher);
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ended-'));
  uploader = new UploaderStandIn();
  forgotten = [];
  open(1);
});
afterEach(() => rmSync(folder, { recursive: true }));

const name = (n: number): string => `web-${n}`;

/** A pod that comes, is captured in one file, and goes; every tenth one fails. */
function live(n: number, packets: number): void {
  const target = name(n);
  const id = { target, attempt: spool.state.attempt, start: 1 };
  mkdirSync(folderOfTarget(folder, target), { recursive: true });
  for (const event of targets(target)) spool.record(event);
  spool.record({ type: 'started', ...id });
  spool.record({ type: 'drops', ...id, kernel: 1, interface: 0 });
  spool.record(closed({ target, packets }));
  spool.record({ type: 'exited', ...id, timeMs: START_MS + n });
  spool.record(n % 10 === 0 ? { type: 'failed', target, reason: 'TcpdumpFailed', message: 'died', timeMs: START_MS + n } : { type: 'ended', target, stopReason: 'TargetGone', timeMs: START_MS + n });
  spool.record(uploaded(1, target));
  spool.record({ type: 'removed', target, sequence: 1 });
}

/** Control lists the newest that are gone, and no others. */
const sealAfter = (n: number): void => ended.seal((asked) => Number(asked.slice(4)) > n - LISTED);

async function published(attempt: string): Promise<{ inSegments: ManifestTarget[]; all: ManifestTarget[] }> {
  const manifest = () => buildManifest({ job, node: 'node-a', state: spool.state, ledgers: ledgersOf(spool.state, new Map()), live: new Map(), tcpdumpVersion: '4.99', keyOf: () => '', final: true });
  await publisher.publish(manifest, signal);
  const read = manifestSchema.parse(JSON.parse(uploader.small.get(`${PREFIX}manifest/node-a-${attempt}.json`) ?? ''));
  const inSegments = read.targetSegments.flatMap(({ key, sha256, targets: count }) => {
    const text = uploader.small.get(key) ?? '';
    expect(createHash('sha256').update(text).digest('hex')).toBe(sha256);
    const entries = manifestTargetSchema.array().parse(JSON.parse(text));
    expect(entries).toHaveLength(count);
    return entries;
  });
  return { inSegments, all: [...inSegments, ...read.targets] };
}

test('thousands of pods one after the other, over several agents: state and journal stay small, each is told once, and the sums are exact', async () => {
  let most = 0;
  let journalBytes = 0;
  const pods = 3000;
  for (let n = 1; n <= pods; n += 1) {
    live(n, n % 7);
    sealAfter(n);
    publisher.seal();
    most = Math.max(most, Object.keys(spool.state.targets).length);
    journalBytes = Math.max(journalBytes, statSync(join(folder, 'journal')).size);
    if (n % 700 === 0) {
      await spool.close();
      open(spool.state.attempt + 1);
    }
  }
  expect(most).toBeLessThanOrEqual(2 * 200 + LISTED);
  expect(journalBytes).toBeLessThan(2 * 1024 * 1024);
  expect(forgotten).toHaveLength(pods - Object.keys(spool.state.targets).length);

  const { all } = await published('05');
  expect(all.map((target) => target.name).sort()).toEqual(Array.from({ length: pods }, (_, n) => name(n + 1)).sort());
  const captured = Array.from({ length: pods }, (_, n) => (n + 1) % 7).reduce((sum, packets) => sum + packets, 0);
  expect(ledgersOf(spool.state, new Map()).total.packets).toMatchObject({ captured, uploaded: captured, pending: 0, discarded: 0, droppedByKernel: pods });
  expect(all.reduce((sum, { ledger }) => sum + ledger.packets.captured, 0)).toBe(captured);
  expect(existsSync(folderOfTarget(folder, forgotten[0] as string))).toBe(false);
});

test('who ended first goes first, and of those that failed the newest stay at hand too', async () => {
  for (let n = 1; n <= 2500; n += 1) live(n, 1);
  sealAfter(2500);
  const { inSegments } = await published('01');
  const [failed, rest] = [inSegments.filter(({ state }) => state === 'Failed'), inSegments.filter(({ state }) => state !== 'Failed')];
  expect(failed.map((target) => target.name)).toEqual(Array.from({ length: 100 }, (_, n) => name(10 * (n + 1))));
  expect(rest.slice(0, 3).map((target) => target.name)).toEqual([name(1), name(2), name(3)]);
});

test('stays: who is listed, who has files that are not settled, whose folder is not empty, whose capture is not over', () => {
  for (let n = 1; n <= 300; n += 1) live(n, 1);
  for (const event of [...targets('busy'), closed({ target: 'busy' }), { type: 'ended', target: 'busy', stopReason: 'TargetGone', timeMs: START_MS } as const]) spool.record(event);
  writeFileSync(join(folderOfTarget(folder, name(2)), 'left'), '');
  const isOver = (target: string): boolean => target !== name(3);
  ended = new EndedTargets(job, spool, { isOver, forget: (names) => void forgotten.push(...names), ledgers: () => ledgersOf(spool.state, new Map()) }, publisher);
  ended.seal((asked) => asked === name(1));
  expect(forgotten.length).toBeGreaterThan(90);
  for (const kept of [name(1), name(2), name(3), 'busy']) expect(spool.state.targets).toHaveProperty(kept);
});

test('a disk without room for the segment keeps all at hand until there is', () => {
  for (let n = 1; n <= 400; n += 1) live(n, 1);
  writeFileSync(join(folder, 'segments'), 'in the way');
  sealAfter(400);
  expect(Object.keys(spool.state.targets)).toHaveLength(400);
  rmSync(join(folder, 'segments'));
  sealAfter(400);
  expect(Object.keys(spool.state.targets)).toHaveLength(300);
});
