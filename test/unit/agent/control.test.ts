import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { ControlFile } from '../../../src/agent/control.js';

let folder: string;
let file: ControlFile;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'control-'));
  file = new ControlFile(folder, join(folder, 'first'), 'agent-1', () => performance.now(), () => undefined);
});
afterEach(() => {
  file.close();
  rmSync(folder, { recursive: true });
});

const control = (attempt: number, podUID = 'agent-1'): string => JSON.stringify({ version: 1, podUID, attempt, targets: [], remainingMs: 0, limits: {}, stop: null });
const attempt = async (texts: { control?: string; first?: string }): Promise<number | undefined> => {
  for (const [name, text] of Object.entries(texts)) writeFileSync(join(folder, name), text);
  await file.read();
  return file.current?.attempt;
};

test('the first control holds until control is written, which is the only one from then on', async () => {
  expect(await attempt({ control: '' })).toBeUndefined();
  expect(await attempt({ first: control(1) })).toBe(1);
  expect(await attempt({ control: control(2) })).toBe(2);
  expect(await attempt({ control: control(2, 'another') })).toBeUndefined();
  expect(await attempt({ control: '' })).toBeUndefined();
});

test.each([
  ['addresses another pod', control(1, 'another')],
  ['is no JSON', '{"version":1'],
  ['is of 300 KB', `${control(1)}${' '.repeat(300_000)}`],
  ['is empty', ''],
])('a first control that %s asks for nothing, and control is heeded as ever', async (_what, first) => {
  expect(await attempt({ control: '', first })).toBeUndefined();
  expect(await attempt({ control: control(3) })).toBe(3);
});
