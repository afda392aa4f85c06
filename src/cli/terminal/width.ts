// How many columns a text takes on a terminal, and texts made to fit: cut at their end or in their middle, filled up.

/** Two columns: East Asian wide characters, and what is drawn as a picture. */
const WIDE = /[\p{sc=Han}\p{sc=Hangul}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Bopomofo}\p{sc=Yi}\p{sc=Tangut}\p{Emoji_Presentation}\u2E80-\u303E\u3041-\u33FF\u2329\u232A\uFE10-\uFE6B\uFF01-\uFF60\uFFE0-\uFFE6]/u;
/** None: drawn over the character before them. */
const MARK = /^[\p{Mn}\p{Me}]$/u;
const ELLIPSIS = '…';

const widthOf = (character: string): number => (character <= '~' ? 1 : MARK.test(character) ? 0 : WIDE.test(character) ? 2 : 1);

/** Columns of a text that is printable(): one line without escapes. */
export function textWidth(text: string): number {
  let width = 0;
  for (const character of text) width += widthOf(character);
  return width;
}

/** Its beginning, in at most so many columns; what was cut off is an ellipsis. */
export const cutEnd = (text: string, columns: number): string => (textWidth(text) <= columns ? text : columns < 1 ? '' : `${head(text, columns - 1)}${ELLIPSIS}`);

/** Its beginning and its end, where names tell themselves apart: `web-7d4f…x2x9q`. */
export function cutMiddle(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text;
  if (columns < 3) return cutEnd(text, columns);
  const end = Math.floor((columns - 1) / 2);
  return `${head(text, columns - 1 - end)}${ELLIPSIS}${[...head([...text].reverse().join(''), end)].reverse().join('')}`;
}

export const padEnd = (text: string, columns: number): string => text + ' '.repeat(Math.max(0, columns - textWidth(text)));
export const padStart = (text: string, columns: number): string => ' '.repeat(Math.max(0, columns - textWidth(text))) + text;

function head(text: string, columns: number): string {
  let kept = '';
  let width = 0;
  for (const character of text) {
    width += widthOf(character);
    if (width > columns) break;
    kept += character;
  }
  return kept;
}
