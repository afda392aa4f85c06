// The recipes: a page shows the file that it links, the line that it shows writes the same object, and the filter is explained to its last word.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { filterProblem } from '../../../src/api/filter.js';
import { run } from '../cli/support.js';
import { recipe, RECIPES, specOf, type Recipe } from './recipe-page.js';

const root = new URL('../../../', import.meta.url);
const index = readFileSync(new URL('docs/recipes/README.md', root), 'utf8');
const bare = (text: string): string => text.replaceAll(' ', '');

/** The words of a shell's line; of quotes it has single ones alone. */
const words = (line: string): string[] => [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? '');

test('there is a page for every example, and the other way round, and each is in the index', () => {
  expect(readdirSync(new URL('examples/recipes/', root)).sort()).toEqual(RECIPES.map((name) => `${name}.yaml`).sort());
  for (const name of RECIPES) expect(index).toContain(`](${name}.md)`);
  expect(RECIPES.length).toBeGreaterThanOrEqual(8);
});

describe.each(RECIPES)('%s', (name) => {
  const page: Recipe = recipe(name);

  test('shows the file as it is, which begins by saying what it is for', () => {
    expect(page.yaml).toBe(readFileSync(new URL(`examples/recipes/${name}.yaml`, root), 'utf8'));
    expect(page.yaml).toMatch(/^# .{20,}/);
    expect(page.text).toContain(`](../../examples/recipes/${name}.yaml)`);
  });

  test('keeps the rules of the API', () => {
    expect(specOf(page).filter).not.toBe('');
    expect(filterProblem(specOf(page).filter)).toBeUndefined();
  });

  test('has a line that writes the same object', async () => {
    const [kubectl, pktcap, ...args] = words(page.start);
    expect([kubectl, pktcap]).toEqual(['kubectl', 'pktcap']);
    const { code, stdout, stderr } = await run([args[0] as string, '--dry-run=client', ...args.slice(1)]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(parse(stdout)).toEqual(page.object);
  });

  test('explains its filter to the last word', () => {
    expect(bare(page.tokens.join(''))).toBe(bare(specOf(page).filter));
  });

  test('has what one looks for, what it means, and what it cannot show', () => {
    expect(Object.keys(page.displayFilters).length).toBeGreaterThanOrEqual(4);
    expect(Object.values(page.displayFilters)).not.toContain('');
    for (const heading of ['What it means', 'What this capture cannot show']) expect(page.text).toContain(`\n## ${heading}\n`);
    expect(page.text).toContain(`](../../test/integration/recipes/${name}.test.ts)`);
  });
});
