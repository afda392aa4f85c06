// docs/README.md leads to every page of docs/.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const INDEX = 'docs/README.md';
/** Decisions are named by the pages that follow from them, and listed by their folder. */
const pages = readdirSync('docs', { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.md') && !name.startsWith('adr/')).map((name) => join('docs', name));
const withoutCode = (text: string): string => text.replaceAll(/^```.*?^```/gms, '').replaceAll(/`[^`\n]*`/g, '');
const linked = (page: string): string[] => [...withoutCode(readFileSync(page, 'utf8')).matchAll(/\]\(([^\s()#]+)[^()]*\)/g)].map(([, target = '']) => normalize(join(dirname(page), target)));

/** Pages of docs/ that one comes to from a page by links, itself included. */
function reachable(from: string, found = new Set<string>()): Set<string> {
  if (found.has(from)) return found;
  found.add(from);
  for (const page of linked(from)) if (pages.includes(page)) reachable(page, found);
  return found;
}

test('every page is reached from the index', () => {
  expect(pages.length).toBeGreaterThan(15);
  expect(pages.filter((page) => !reachable(INDEX).has(page))).toEqual([]);
});

test('every page right in docs/ stands in the index itself', () => {
  expect(pages.filter((page) => dirname(page) === 'docs' && page !== INDEX && !linked(INDEX).includes(page))).toEqual([]);
});

test('the README leads to the index', () => {
  expect(linked('README.md')).toContain(INDEX);
});

describe('pictures', () => {
  const pictures = readdirSync('docs/images').map((name) => join('docs/images', name));
  const shown = ['README.md', ...pages].flatMap((page) => [...readFileSync(page, 'utf8').matchAll(/!\[([^\]]*)\]\(([^\s()]+)\)/g)].map(([, alt = '', target = '']) => ({ page, alt, file: normalize(join(dirname(page), target)) })));

  test.each(shown)('$file in $page is there, and says in words what it shows', ({ file, alt }) => {
    expect(existsSync(file)).toBe(true);
    expect(alt.length).toBeGreaterThan(60);
  });

  test.each(pictures)('%s is shown on a page, holds its text as text and can be read in the dark', (file) => {
    expect(shown.map((picture) => picture.file)).toContain(file);
    const drawn = readFileSync(file, 'utf8');
    expect(drawn).toMatch(/<text[ >]/);
    expect(drawn).toContain('prefers-color-scheme: dark');
    expect(drawn).not.toMatch(/<script|<image|(?:href|src)="(?!#)|@import|url\((?!#)/);
  });
});
