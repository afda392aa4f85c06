// An explanation as text of a width: titles at the margin, each sentence below it, wrapped.
import { printable } from '../../api/printable.js';
import { textWidth } from '../terminal/width.js';
import type { Explanation } from './explain.js';

const INDENT = '  ';

export const renderExplanation = ({ headline, sections }: Explanation, columns: number, { bold }: { bold: boolean }): string => {
  const title = (text: string): string => (bold ? `\x1b[1m${text}\x1b[0m` : text);
  const parts = [wrap(printable(headline), columns, ''), ...sections.map(({ title: name, lines }) => [title(name), ...lines.flatMap((line) => wrap(printable(line), columns, INDENT))])];
  return parts.map((lines) => `${lines.join('\n')}\n`).join('\n');
};

/** Between words; a word that is longer than a line stays whole: it may be copied. Further lines are indented a little more. */
export function wrap(text: string, columns: number, indent: string): string[] {
  const lines: string[] = [];
  let line = indent;
  let isEmpty = true;
  for (const word of text.split(' ')) {
    if (!isEmpty && textWidth(line) + 1 + textWidth(word) > columns) {
      lines.push(line);
      line = `${indent}${indent}`;
      isEmpty = true;
    }
    line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...lines, line];
}
