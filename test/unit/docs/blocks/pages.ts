// The pages for people, what is fenced in them, and the words in backticks.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export const ROOT = new URL('../../../../', import.meta.url).pathname;

export interface Block {
  page: string;
  /** Of the opening fence. */
  line: number;
  /** '' where the fence says none. */
  language: string;
  text: string;
}

/** Files below a folder whose names end so, as paths from the root. */
export function filesBelow(folder: string, ending: string): string[] {
  if (!existsSync(path.join(ROOT, folder))) return [];
  return readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith(ending)).map((name) => path.join(folder, name)).sort();
}

const atRoot = readdirSync(ROOT).filter((name) => name.endsWith('.md')).sort();
export const PAGES = [...atRoot, ...['docs', 'examples', 'config', 'crds', 'hack'].flatMap((folder) => filesBelow(folder, '.md'))];

export const textOf = (page: string): string => readFileSync(path.join(ROOT, page), 'utf8');

/** Every fenced block, without the indent of its fence. Throws where one is not closed. */
export function blocksOf(page: string, text = textOf(page)): Block[] {
  const blocks: Block[] = [];
  let open: (Block & { indent: string }) | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    const [fence, indent = '', language = ''] = /^( *)```(\S*)\s*$/.exec(line) ?? [];
    if (open === undefined) {
      if (fence !== undefined) open = { page, line: index + 1, language, text: '', indent };
    } else if (fence !== undefined && language === '') {
      const { indent: _, ...block } = open;
      blocks.push(block);
      open = undefined;
    } else open.text += `${line.startsWith(open.indent) ? line.slice(open.indent.length) : line.trimStart()}\n`;
  }
  if (open !== undefined) throw new Error(`${page}:${open.line}: the fence is not closed`);
  return blocks;
}

/** What stands between single backticks. */
export const inlineCodeOf = (text: string): string[] => [...text.replaceAll(/^ *```.*?^ *```/gms, '').matchAll(/(?<!`)`([^`\n]+)`(?!`)/g)].map(([, code = '']) => code);

export const placeOf = ({ page, line }: Block): string => `${page}:${line}`;
