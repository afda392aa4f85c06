// Links in the pages for people lead somewhere, and each claim of docs/security.md to the test that holds it up.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';

const root = new URL('../../../', import.meta.url);
const inFolder = (folder: string): string[] => readdirSync(new URL(folder, root)).filter((name) => name.endsWith('.md')).map((name) => folder + name);
const pages = [...inFolder('./'), ...inFolder('docs/'), ...inFolder('docs/adr/'), 'hack/sandbox/README.md'].map((page) => page.replace(/^\.\//, ''));

interface Link {
  target: string;
  title: string | undefined;
}

const withoutCode = (text: string): string => text.replaceAll(/^```.*?^```/gms, '').replaceAll(/`[^`\n]*`/g, '');
const linksOf = (text: string): Link[] => [...withoutCode(text).matchAll(/\]\(([^\s()]+)(?: "([^"\n]+)")?\)/g)].map(([, target = '', title]) => ({ target, title }));
/** As the hosts of repositories name a heading. */
const slug = (heading: string): string => heading.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-');

/** What is wrong with a link of a page; undefined where nothing is. */
function deadness(page: string, { target, title }: Link): string | undefined {
  if (/^https?:/.test(target)) return undefined;
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? new URL(page, root) : new URL(path, new URL(page, root));
  if (!existsSync(file)) return `${target}: no such file`;
  if (anchor !== undefined && !headings(readFileSync(file, 'utf8')).includes(anchor)) return `${target}: no such heading`;
  if (title !== undefined && !titlesOf(readFileSync(file, 'utf8')).has(title)) return `${target}: no test "${title}"`;
  return undefined;
}

const headings = (text: string): string[] => [...text.replaceAll(/^```.*?^```/gms, '').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => slug(heading));

/** Titles of tests as the source has them, and of groups of tests. */
const titlesOf = (source: string): Set<string> =>
  new Set([...source.matchAll(/(?:\btest|\bdescribe|\))\((?:'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`([^`]*)`)/g)].map(([, ...quoted]) => (quoted.find((text) => text !== undefined) ?? '').replaceAll(/\\(.)/g, '$1')));

test.each(pages)('no link of %s is dead', (page) => {
  expect(linksOf(readFileSync(new URL(page, root), 'utf8')).map((link) => deadness(page, link)).filter((said) => said !== undefined)).toEqual([]);
});

describe('a claim of docs/security.md', () => {
  const [, defended = ''] = /^## What we defend$(.*?)^## /ms.exec(readFileSync(new URL('docs/security.md', root), 'utf8')) ?? [];
  const rows = defended.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| claim '));

  test('there are some', () => {
    expect(rows.length).toBeGreaterThan(30);
  });

  test.each(rows.map((row) => [row.split('|')[1]?.trim() ?? '', row] as const))('%s: names its test', (_, row) => {
    const held = linksOf(row).filter(({ target, title }) => target.startsWith('../test/') && title !== undefined);
    expect(held).not.toEqual([]);
    expect(row.split('|')).toHaveLength(5);
  });
});

describe('this test would see', () => {
  test.each<[string, Link]>([
    ['a file that is not there', { target: 'nowhere.md', title: undefined }],
    ['a heading that is not there', { target: '#nowhere', title: undefined }],
    ['a heading of another page that is not there', { target: 'limits.md#nowhere', title: undefined }],
    ['a test that is not there', { target: '../test/unit/docs/links.test.ts', title: 'no such test' }],
    ['words that are in a test and are no title', { target: '../test/unit/docs/links.test.ts', title: 'nowhere.md' }],
  ])('%s', (_, link) => {
    expect(deadness('docs/security.md', link)).toBeDefined();
  });

  test('and takes one that is', () => {
    expect(deadness('docs/security.md', { target: '../test/unit/docs/links.test.ts', title: 'and takes one that is' })).toBeUndefined();
    expect(deadness('docs/security.md', { target: '#what-we-defend', title: undefined })).toBeUndefined();
  });
});
