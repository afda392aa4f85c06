// The journal survives kills, torn lines, a full disk, and days.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Journal } from '../../../../src/agent/spool/journal.js';
import { closed, targets, uploaded } from './events.js';

let folder: string;
const warnings: string[] = [];
const log = { warn: (_: object, message: string) => void warnings.push(message) };
const open = (): Journal => Journal.open(folder, log);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'journal-'));
  warnings.length = 0;
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a journal that is opened again', () => {
  test('has the same state', async () => {
    const journal = open();
    for (const event of [...targets('a'), closed(), closed({ sequence: 2 }), uploaded()]) journal.record(event);
    await journal.close();
    expect(open().state).toEqual(journal.state);
  });

  test('passes over a torn last line, and what follows it is whole', async () => {
    const journal = open();
    for (const event of [...targets('a'), closed()]) journal.record(event);
    await journal.close();
    appendFileSync(join(folder, 'journal'), '{"type":"uploaded","target":"a","seq');
    const again = open();
    expect(again.state).toEqual(journal.state);
    again.record(uploaded());
    await again.close();
    expect(open().state).toEqual(again.state);
    expect(warnings).toEqual([]);
  });

  test('passes over a damaged line within, and says so', async () => {
    const journal = open();
    for (const event of targets('a')) journal.record(event);
    await journal.close();
    appendFileSync(join(folder, 'journal'), `nonsense\n${JSON.stringify(closed())}\n`);
    expect(open().state.targets['a']?.nextSequence).toBe(2);
    expect(warnings).toHaveLength(1);
  });
});

test('over days it stays bounded, and loses nothing', async () => {
  const journal = open();
  for (const event of targets('a')) journal.record(event);
  for (let sequence = 1; sequence <= 12_000; sequence += 1) {
    for (const event of [closed({ sequence }), uploaded(sequence), { type: 'removed' as const, target: 'a', sequence }]) journal.record(event);
    if (journal.state.unsealed.length === 500) journal.record({ type: 'sealed', number: sequence / 500, key: 'k', sha256: 's', files: 500 });
  }
  await journal.sync();
  expect(statSync(join(folder, 'journal')).size).toBeLessThan(2.5e6);
  expect(journal.sizeBytes).toBe(statSync(join(folder, 'journal')).size);
  await journal.close();
  const again = open();
  expect(again.state).toEqual(journal.state);
  expect(again.state.targets['a']?.settled.files.uploaded).toBe(12_000);
  expect(readFileSync(join(folder, 'journal'), 'utf8').split('\n').filter((line) => line.includes('"checkpoint"')).length).toBe(1);
});

test('its name is brought to the disk when it is made, and each time it is replaced', async () => {
  const synced: string[] = [];
  const journal = Journal.open(folder, log, (path) => void synced.push(path));
  expect(synced).toEqual([folder]);
  for (const event of targets('a')) journal.record(event);
  while (statSync(join(folder, 'journal')).size + 300 < 1024 * 1024) journal.record({ type: 'quiet', target: 'a', timeMs: 1 });
  expect(synced).toEqual([folder]);
  for (let n = 0; n < 20; n += 1) journal.record({ type: 'quiet', target: 'a', timeMs: 1 });
  expect(synced).toEqual([folder, folder]);
  await journal.close();
  Journal.open(folder, log, (path) => void synced.push(path));
  expect(synced).toHaveLength(2);
});
