// The progress of a transfer on stderr: a bar that is drawn in its place, or a plain line now and then where that is no terminal.
import { printable } from '../../api/printable.js';
import type { Io } from '../io.js';
import { liveLine, type LiveLine } from './live-line.js';
import { progressText, type Done, type Transfer } from './progress-text.js';
import { terminalSize } from './terminal.js';

export interface Progress {
  /** Cheap: may be called for every chunk. */
  update(transfer: Transfer): void;
  /** A line that stays, above the bar. */
  say(line: string): void;
  /** Leaves the last word standing. Nothing may be called after it. */
  end(): void;
}

const REDRAW_MS = 100;
const PLAIN_MS = 5000;
/** What a rate is measured over. */
const RATE_MS = 10_000;

export function createProgress(io: Io, { label }: { label: string }): Progress {
  const line: LiveLine | undefined = terminalSize(io, 'stderr') && liveLine(io, 'stderr');
  const everyMs = line ? REDRAW_MS : PLAIN_MS;
  const startedAt = io.clock.monotonic();
  let transfer: Transfer | undefined;
  let said: string | undefined;
  let samples: Done[] = [];
  let cancel: (() => void) | undefined;

  const show = (end: boolean): void => {
    cancel?.();
    cancel = undefined;
    if (!transfer) return;
    const now = io.clock.monotonic();
    const text = progressText(printable(label), transfer, { samples, now, startedAt, end }, line && io.columns('stderr'));
    if (line) return end ? line.say(text) : line.draw(text);
    if (text !== said) io.stderr.write(`${text}\n`);
    said = text;
  };
  const later = (): void => {
    cancel ??= io.clock.schedule(everyMs, () => show(false));
  };
  const stopListening = line && io.onResize(() => show(false));

  return {
    update(next) {
      const now = io.clock.monotonic();
      if (samples.length === 0 || now - (samples.at(-1) as Done).at >= REDRAW_MS) samples = [...samples.filter(({ at }) => now - at <= RATE_MS), { at: now, bytes: next.doneBytes }];
      const isFirst = transfer === undefined;
      transfer = next;
      if (isFirst && line) show(false);
      else later();
    },
    say(text) {
      if (!line) return void io.stderr.write(`${printable(text)}\n`);
      line.say(printable(text));
      show(false);
    },
    end() {
      stopListening?.();
      show(true);
    },
  };
}
