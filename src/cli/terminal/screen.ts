// A whole picture on a terminal, drawn anew in its place, until what stood there before comes back.
//
// On the alternate screen: a terminal that changes its width breaks the lines of the normal one anew, above the cursor too, and what was
// drawn there can't be found again. Nothing wraps, whatever a terminal holds a character's width for: what is too long is cut off by it.
import type { Io } from '../io.js';
import { painted, type Line } from './style.js';

const ENTER = '\u001B[?1049h\u001B[?25l\u001B[?7l';
const LEAVE = '\u001B[?7h\u001B[?25h\u001B[?1049l';
const HOME = '\u001B[H';
const CLEAR = '\u001B[2J';
const REST_OF_LINE = '\u001B[K';
const REST_OF_SCREEN = '\u001B[J';

export interface Screen {
  /** At most as many lines as the terminal has rows. */
  draw(lines: readonly Line[]): void;
  /** As the terminal was, cursor and all. May be called again. */
  leave(): void;
}

/** stdout has to be a terminal. `redraw` is called when its size is another. */
export function openScreen(io: Io, redraw: () => void): Screen {
  let isOpen = true;
  const stopListening = io.onResize(() => {
    io.stdout.write(CLEAR);
    redraw();
  });
  io.stdout.write(ENTER + CLEAR);
  return {
    draw(lines) {
      if (isOpen) io.stdout.write(HOME + lines.map((line) => painted(io, line) + REST_OF_LINE).join('\r\n') + REST_OF_SCREEN);
    },
    leave() {
      if (!isOpen) return;
      isOpen = false;
      stopListening();
      io.stdout.write(LEAVE);
    },
  };
}
