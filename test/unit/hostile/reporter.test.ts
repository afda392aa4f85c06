import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';

interface Reporter {
  onTestResult(test: object, result: object): void;
  onRunComplete(contexts: object, results: object): void;
}
const { default: HostileReporter, FOLDER } = (await import(new URL('../../hostile/reporter.mjs', import.meta.url).href)) as { default: new (config: { rootDir: string }) => Reporter; FOLDER: string };

let rootDir: string;
beforeEach(() => void (rootDir = mkdtempSync(join(tmpdir(), 'reporter-'))));
afterEach(() => rmSync(rootDir, { recursive: true }));

const saw = (reporter: Reporter, ancestorTitles: string[]): void =>
  reporter.onTestResult({ path: join(rootDir, 'test/a.test.ts'), context: { config: { displayName: { name: 'unit', color: 'white' } } } }, { testResults: [{ ancestorTitles, title: 'a → b', status: 'passed' }] });

test('keeps the hostile cases of a run, and no others', () => {
  const reporter = new HostileReporter({ rootDir });
  for (const titles of [['hostile: filter'], ['what else is tested'], [], ['what else', 'hostile: filter']]) saw(reporter, titles);
  reporter.onRunComplete({}, { startTime: 12 });
  const [name = '', ...others] = readdirSync(join(rootDir, FOLDER));
  expect(others).toEqual([]);
  expect(name).toBe(`12-${process.pid}.json`);
  expect(JSON.parse(readFileSync(join(rootDir, FOLDER, name), 'utf8'))).toEqual([{ project: 'unit', file: 'test/a.test.ts', titles: ['hostile: filter', 'a → b'], status: 'passed' }]);
});

test('a run without one leaves nothing', () => {
  const reporter = new HostileReporter({ rootDir });
  saw(reporter, ['what else is tested']);
  reporter.onRunComplete({}, { startTime: 12 });
  expect(readdirSync(rootDir)).toEqual([]);
});
