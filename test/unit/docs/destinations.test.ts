import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { destinationProblem } from '../../../src/plan/destination-rules.js';

const page = readFileSync('docs/destinations.md', 'utf8');
const specs = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) => parse(text ?? '') as { spec?: object; allowedNamespaces?: object });

describe('what docs/destinations.md shows', () => {
  test.each(specs.map((shown, n) => [n + 1, shown.spec ?? { s3: { bucket: 'captures', auth: { secretRef: { name: 's3' } } }, ...shown }] as const))('example %i can be used', (_n, spec) => {
    expect(destinationProblem(spec)).toBeUndefined();
  });

  test('there are some', () => expect(specs.length).toBeGreaterThanOrEqual(3));
});
