// Links in the pages for people lead somewhere, those of other files into the pages too, and each claim of docs/security.md to the test that holds it up.
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { filesBelow, PAGES } from './blocks/pages.js';

const root = new URL('../../../', import.meta.url);
/** Hosts that pages may lead to: what they serve is not fetched. */
const HOSTS_ARE_NAMES = /^https?:\/\/[a-z0-9-]+(\.[a-z0-9-]+)+([/?#]|$)/;

interface Link {
  target: string;
  title: string | undefined;
}

const withoutCode = (text: string): string => text.replaceAll(/^ *```.*?^ *```/gms, '').replaceAll(/`[^`\n]*`/g, '');
/** Also of images, and of the HTML that Markdown takes. */
const linksOf = (text: string): Link[] => [...withoutCode(text).matchAll(/\]\(([^\s()]+)(?: "([^"\n]+)")?\)|<(?:img|a|source)\b[^>]*?\s(?:src|href|srcset)="([^"]+)"/g)].map(([, target, title, ofTag]) => ({ target: target ?? ofTag ?? '', title }));
/** As the hosts of repositories name a heading. */
const slug = (heading: string): string => heading.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-');

/** What is wrong with a link of a page; undefined where nothing is. */
function deadness(page: string, { target, title }: Link): string | undefined {
  if (/^https?:/.test(target)) return HOSTS_ARE_NAMES.test(target) ? undefined : `${target}: no such host can be`;
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? new URL(page, root) : new URL(path, new URL(page, root));
  if (!existsSync(file)) return `${target}: no such file`;
  if (anchor !== undefined && !anchorsOf(readFileSync(file, 'utf8')).has(anchor)) return `${target}: no such heading`;
  if (title !== undefined && !titlesOf(readFileSync(file, 'utf8')).has(title)) return `${target}: no test "${title}"`;
  return undefined;
}

/** Headings, those of one name numbered from the second on, and anchors that are written out. */
function anchorsOf(page: string): Set<string> {
  const text = page.replaceAll(/^ *```.*?^ *```/gms, '');
  const anchors = new Set([...text.matchAll(/<a (?:id|name)="([^"]+)"/g)].map(([, name = '']) => name));
  const seen = new Map<string, number>();
  for (const [, heading = ''] of text.matchAll(/^#+ (.*)$/gm)) {
    const name = slug(heading.replaceAll(/<[^>]*>/g, '').replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1'));
    const before = seen.get(name) ?? 0;
    seen.set(name, before + 1);
    anchors.add(before === 0 ? name : `${name}-${before}`);
  }
  return anchors;
}

/** Titles of tests as the source has them, and of groups of tests. */
const titlesOf = (source: string): Set<string> =>
  new Set([...source.matchAll(/(?:\btest|\bdescribe|\))\((?:'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`([^`]*)`)/g)].map(([, ...quoted]) => (quoted.find((text) => text !== undefined) ?? '').replaceAll(/\\(.)/g, '$1')));

test.each(PAGES)('no link of %s is dead', (page) => {
  expect(linksOf(readFileSync(new URL(page, root), 'utf8')).map((link) => deadness(page, link)).filter((said) => said !== undefined)).toEqual([]);
});

/** Alerts name their runbooks so, comments and messages the page to read. */
const pagesNamedIn = (text: string): Link[] => [...text.matchAll(/(?<![\w.])docs\/[\w/-]+\.md(?:#[\w-]+)?/g)].map(([target]) => ({ target, title: undefined }));

test.each(['config', 'crds', 'examples', 'hack', 'src'])('what files in %s/ say of a page is there', (folder) => {
  const files = ['.yaml', '.json', '.ts', '.mjs', '.sh'].flatMap((ending) => filesBelow(folder, ending));
  expect(files.flatMap((file) => pagesNamedIn(readFileSync(new URL(file, root), 'utf8')).map((link) => deadness('.', link)).filter((said) => said !== undefined).map((said) => `${file}: ${said}`))).toEqual([]);
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
    ['a link out of the world', { target: 'https://localhost/x', title: undefined }],
    ['a heading of another page that is not there', { target: 'limits.md#nowhere', title: undefined }],
    ['a test that is not there', { target: '../test/unit/docs/links.test.ts', title: 'no such test' }],
    ['words that are in a test and are no title', { target: '../test/unit/docs/links.test.ts', title: 'nowhere.md' }],
  ])('%s', (_, link) => {
    expect(deadness('docs/security.md', link)).toBeDefined();
  });

  test('an image, a tag of HTML and a page that a runbook names', () => {
    expect(linksOf('![a picture](nowhere.svg) <img width="9" src="none.svg"> <a href="#none">x</a>').map((link) => deadness('docs/security.md', link))).toEqual(['nowhere.svg: no such file', 'none.svg: no such file', '#none: no such heading']);
    expect(pagesNamedIn('runbook_url: https://example.com/blob/main/docs/limits.md#nowhere').map((link) => deadness('.', link))).toEqual(['docs/limits.md#nowhere: no such heading']);
  });

  test('and knows anchors that are written out, and headings of one name', () => {
    expect([...anchorsOf('<a id="here"></a>\n\n## Two\n\n## Two\n\n## [A *link*](x.md): `code`')]).toEqual(['here', 'two', 'two-1', 'a-link-code']);
  });

  test('and takes one that is', () => {
    expect(deadness('docs/security.md', { target: '../test/unit/docs/links.test.ts', title: 'and takes one that is' })).toBeUndefined();
    expect(deadness('docs/security.md', { target: '#what-we-defend', title: undefined })).toBeUndefined();
  });
});
