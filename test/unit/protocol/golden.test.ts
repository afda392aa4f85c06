import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { ZodType } from 'zod';
import { controlSchema } from '../../../src/protocol/control.js';
import { jobConfigSchema } from '../../../src/protocol/job-config.js';
import { balances } from '../../../src/protocol/ledger.js';
import { manifestSchema } from '../../../src/protocol/manifest.js';
import { reportSchema } from '../../../src/protocol/report.js';

// Documents as version 1 writes them, every field in use. They are in buckets, in annotations and in logs: later versions must read them.
// A golden file is never edited; what a later version adds gets a file of its own beside it.
const golden = (name: string): Record<string, unknown> => JSON.parse(readFileSync(new URL(`golden/${name}-v1.json`, import.meta.url), 'utf8')) as Record<string, unknown>;

describe.each<[string, ZodType]>([
  ['manifest', manifestSchema],
  ['control', controlSchema],
  ['report', reportSchema],
  ['job-config', jobConfigSchema],
])('%s, version 1', (name, schema) => {
  test('is read without losing or changing a field', () => {
    expect(schema.parse(golden(name))).toMatchObject(golden(name));
  });

  test('with fields of a later version is read as far as it is known', () => {
    expect(schema.parse({ ...golden(name), later: { x: 1 } })).toMatchObject(golden(name));
  });

  test('of a version that is not known is refused, not guessed', () => {
    const version = name === 'manifest' ? 'schemaVersion' : 'version';
    expect(schema.safeParse({ ...golden(name), [version]: 2 }).success).toBe(false);
  });
});

test('the golden ledger balances', () => {
  const { packets, files, bytes } = manifestSchema.parse(golden('manifest')).ledger;
  expect([packets, files, bytes].map(balances)).toEqual([true, true, true]);
});
