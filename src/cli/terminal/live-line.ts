// One line at the bottom of a terminal that is drawn anew in its place, below lines that stay.
import type { Io } from '../io.js';
import { cutEnd, textWidth } from './width.js';

const ERASE_TO_END = '\u001B[J';
const UP = (rows: number): string => (rows > 0 ? `\u001B[${rows}A` : '');

export interface LiveLine {
  draw(text: string): void;
  /** A line that stays. The live one is gone until it is drawn again. */
  say(text: string): void;
  erase(): void;
}

/** The stream has to be a terminal. */
export function liveLine(io: Io, stream: 'stdout' | 'stderr'): LiveLine {
  let drawn = 0;
  const columns = (): number => io.columns(stream) ?? 80;
  // A terminal that became narrower has wrapped the line that stood there.
  const back = (): string => `\r${UP(Math.ceil(drawn / columns()) - 1)}${ERASE_TO_END}`;
  const put = (text: string, end: string): void => {
    io[stream].write(back() + text + end);
    drawn = end === '' ? textWidth(text) : 0;
  };
  return {
    draw: (text) => put(cutEnd(text, columns() - 1), ''),
    say: (text) => put(text, '\n'),
    erase: () => put('', ''),
  };
}
