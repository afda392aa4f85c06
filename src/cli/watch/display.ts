// Where a capture that is followed is shown.
import type { Io } from '../io.js';
import { openScreen, type Screen } from '../terminal/screen.js';
import { painted } from '../terminal/style.js';
import { terminalSize } from '../terminal/terminal.js';
import { frame, type Moment, type View } from './frame.js';
import { createPlainLines } from './plain.js';

export interface Display {
  /** A version of the capture; `goesOn`: more are to come. */
  seen(view: View, goesOn: boolean): void;
  /** The same version, in other circumstances. */
  changed(view: View): void;
  /** Leaves the last picture standing. May be called again. */
  end(): void;
}

const EVERY_MS = 1000;

const nowOf = ({ clock }: Io): Moment => ({ time: clock.now(), monotonic: clock.monotonic() });

/** stdout has to be a terminal. */
export function screenDisplay(io: Io): Display {
  let screen: Screen | undefined;
  let view: View | undefined;
  let cancel: (() => void) | undefined;
  const draw = (): void => {
    cancel?.();
    cancel = io.clock.schedule(EVERY_MS, draw);
    if (!view) return;
    screen ??= openScreen(io, draw);
    screen.draw(frame(view, nowOf(io), terminalSize(io, 'stdout') ?? { columns: 80 }));
  };
  const changed = (next: View): void => {
    view = next;
    draw();
  };
  return {
    seen(next, goesOn) {
      view = next;
      if (goesOn) draw();
    },
    changed,
    end() {
      cancel?.();
      screen?.leave();
      screen = undefined;
      // Into the normal screen, where it scrolls: all targets.
      if (view) for (const line of frame(view, nowOf(io), { columns: terminalSize(io, 'stdout')?.columns ?? 80 })) io.stdout.write(`${painted(io, line)}\n`);
      view = undefined;
    },
  };
}

/** At most one line a second, and the last word in any case. */
export function linesDisplay(io: Io): Display {
  const lines = createPlainLines();
  let view: View | undefined;
  let cancel: (() => void) | undefined;
  const write = (): boolean => {
    const line = view && lines.next(view, nowOf(io));
    if (line !== undefined) io.stdout.write(`${line}\n`);
    return line !== undefined;
  };
  const tick = (): void => {
    cancel = write() ? io.clock.schedule(EVERY_MS, tick) : undefined;
  };
  const changed = (next: View): void => {
    view = next;
    if (!cancel) tick();
  };
  return {
    seen(next) {
      lines.seen(next.capture);
      changed(next);
    },
    changed,
    end() {
      cancel?.();
      cancel = undefined;
      write();
      view = undefined;
    },
  };
}
