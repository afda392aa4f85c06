import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Places, type Place } from '../../../../src/agent/live/places.js';

let folder: string;
let places: Places;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'places-'));
  places = new Places(folder);
  mkdirSync(join(folder, '01-0001'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const make = (...paths: string[]): void => {
  for (const path of paths) writeFileSync(join(folder, path), '');
};
const names = async (after?: Place): Promise<string[]> => (await places.after(after)).map(({ start, name }) => `${start}/${name}`);

test('savefiles are listed in the order of writing, and nothing else is', async () => {
  make('01-0001/capture.', '01-0001/capture.10', '01-0001/capture.9', '01-0001/stderr', '01-0001/capture.x');
  mkdirSync(join(folder, 'else'));
  expect(await names()).toEqual(['1/capture.', '1/capture.9', '1/capture.10']);
  expect(await names({ attempt: 1, start: 1, name: 'capture.5' })).toEqual(['1/capture.9', '1/capture.10']);
});

test('what comes and goes is seen, also between what is known', async () => {
  make('01-0001/20261122T000000Z.', '01-0001/20261122T000010Z.');
  expect(await names()).toHaveLength(2);
  rmSync(join(folder, '01-0001/20261122T000000Z.'));
  make('01-0001/20261122T000005Z.', '01-0001/20261122T000020Z.');
  mkdirSync(join(folder, '01-0002'));
  make('01-0002/capture.');
  expect(await names()).toEqual(['1/20261122T000005Z.', '1/20261122T000010Z.', '1/20261122T000020Z.', '2/capture.']);
  rmSync(join(folder, '01-0001'), { recursive: true });
  expect(await names()).toEqual(['2/capture.']);
});

test('a folder that changed a moment ago is read again, though its time of change is the same', async () => {
  const now = new Date();
  make('01-0001/capture.');
  utimesSync(join(folder, '01-0001'), now, now);
  expect(await names()).toHaveLength(1);
  make('01-0001/capture.1');
  utimesSync(join(folder, '01-0001'), now, now);
  expect(await names()).toHaveLength(2);
});
