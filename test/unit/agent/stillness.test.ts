// When the agent looks rarely: only while nothing comes and whoever comes is seen.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Stillness } from '../../../src/agent/stillness.js';
import { eventually } from '../../integration/eventually.js';

let folder: string;
let monotonicMs: number;
let woken: number;
let stillness: Stillness;
const clock = { monotonic: () => monotonicMs };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stillness-'));
  writeFileSync(join(folder, 'capture.'), 'x');
  [monotonicMs, woken] = [50_000, 0];
  stillness = new Stillness(clock, () => (woken += 1));
});
afterEach(() => {
  stillness.end();
  rmSync(folder, { recursive: true });
});

/** Looks ten times a second, for so long. */
function look(seconds: number, mark: string | undefined): boolean[] {
  return Array.from({ length: seconds * 10 }, () => {
    monotonicMs += 100;
    return stillness.isStill(mark === undefined ? undefined : { mark, folders: [folder] });
  });
}

test('it is still once nothing was new for a second, and a look after whatever comes would be seen found nothing', () => {
  expect(look(1, 'a')).not.toContain(true);
  expect(look(1, 'a').slice(1)).not.toContain(false);
});

test('what is written to a file ends it at once, for a second', async () => {
  look(2, 'a');
  appendFileSync(join(folder, 'capture.'), 'y');
  await eventually('it is woken', () => woken === 1);
  expect(look(1, 'b')).not.toContain(true);
  expect(look(1, 'b').at(-1)).toBe(true);
});

test('a new file ends it', async () => {
  look(2, 'a');
  writeFileSync(join(folder, 'capture.1'), '');
  await eventually('it is woken', () => woken === 1);
});

test('an answer of tcpdump does not end it', async () => {
  look(2, 'a');
  appendFileSync(join(folder, 'stderr'), '0 packets captured\n');
  appendFileSync(join(folder, 'capture.'), 'y');
  await eventually('it is woken', () => woken > 0);
  expect(woken).toBe(1);
});

test('what is new at a look ends it, and so does anything else that goes on', () => {
  look(2, 'a');
  expect([...look(1, 'b'), ...look(2, undefined)]).not.toContain(true);
});

test('where nothing can be watched it is never still', () => {
  stillness = new Stillness(clock, () => undefined, () => {
    throw Object.assign(new Error('no more watches'), { code: 'ENOSPC' });
  });
  expect(look(30, 'a')).not.toContain(true);
});
