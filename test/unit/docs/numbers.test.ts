// Numbers that pages say of the code: flags with their values, and what docs/operations.md says that a capture pod takes.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parseCaptureSpec, type CaptureSpec } from '../../../src/api/capture-spec.js';
import { parseDurationMs } from '../../../src/api/duration.js';
import { FLAGS } from '../../../src/operator/config.js';
import { buildJob } from '../../../src/plan/job.js';
import { aWorld, running } from '../plan/builders.js';

const root = new URL('../../../', import.meta.url);
const pages = ['README.md', ...readdirSync(new URL('docs/', root)).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)];
const textOf = (page: string): string => readFileSync(new URL(page, root), 'utf8');

/** `--flag` (20), (2m), (24 h), (15 %). */
const FLAG_WITH_VALUE = /`--([a-z-]+)` \((\d+)( ?)(%|[a-z]+)?\)/g;
const defaultOf = (flag: string): string | undefined => Object.values(FLAGS).find((one) => one.flag === flag)?.default;
const said = pages.flatMap((page) => [...textOf(page).matchAll(FLAG_WITH_VALUE)].map(([, flag = '', value = '', , unit = '']) => ({ page, flag, value: unit === '%' ? String(Number(value) / 100) : `${value}${unit}` })));

test.each(said.map(({ page, flag, value }) => [page, flag, value] as const))('%s: the default of --%s is %s', (_page, flag, value) => {
  expect(value).toBe(defaultOf(flag));
});

const caps = [...textOf('docs/limits.md').matchAll(/^\| `--([a-z-]+)` \| `[^`]+` \| (?:`([^`]+)`|any) \|/gm)].map(([, flag = '', value]) => [flag, value ?? '0'] as const);

test.each(caps)('docs/limits.md: --%s allows %s', (flag, value) => {
  expect(value).toBe(defaultOf(flag));
});

test('pages say some', () => {
  expect([said.length > 5, caps.length]).toEqual([true, 6]);
});

test('docs/destinations.md and docs/operations.md say how often a bucket is probed', () => {
  expect(parseDurationMs(defaultOf('probe-interval') ?? '')).toBe(300_000);
  for (const page of ['docs/destinations.md', 'docs/operations.md']) expect(textOf(page)).toMatch(/every five minutes[^.]{0,30}\(`--probe-interval`\)/);
});

describe('what docs/operations.md says that a capture pod takes', () => {
  const table = textOf('docs/operations.md').split('\n').filter((line) => line.startsWith('| '));
  const rowOf = (name: string): string[] => (table.find((line) => line.startsWith(`| ${name} |`)) ?? '').split('|').slice(3, -1).map((cell) => cell.trim());
  const specs: object[] = [
    { target: { podName: 'web-0' } },
    { target: { podSelector: { matchLabels: { app: 'web' } } } },
    { target: { podSelector: { matchLabels: { app: 'web' } }, maxTargets: Number(defaultOf('max-targets')) }, bufferSize: defaultOf('max-buffer-size'), spool: { maxSize: defaultOf('max-spool') } },
  ];

  test.each(['memory request', 'memory limit', 'CPU request', 'disk'])('%s', (what) => {
    const taken = specs.map((spec) => takenBy(parseCaptureSpec(spec).spec as CaptureSpec)[what]);
    expect(rowOf(what)).toEqual(taken);
  });
});

function takenBy(spec: CaptureSpec): Record<string, string | undefined> {
  const { record } = running();
  const job = buildJob(record.capture, record.run, spec, 'node-a', aWorld().config) as { spec: { template: { spec: { containers: { resources: { requests: Record<string, string>; limits: Record<string, string> } }[] } } } };
  const [container] = job.spec.template.spec.containers;
  const { requests, limits } = container?.resources ?? { requests: {}, limits: {} };
  return { 'memory request': requests['memory'], 'memory limit': limits['memory'], 'CPU request': limits['cpu'] === undefined ? requests['cpu'] : 'limited', disk: `${spec.spool.maxSizeBytes / 2 ** 30}Gi` };
}
