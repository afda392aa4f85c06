// What `watch` shows of a capture at one moment, as lines that fit a terminal.
import { printable } from '../../api/printable.js';
import { formatBytes } from '../../api/quantity.js';
import { CONDITION } from '../../api/reasons.js';
import type { CaptureObject } from '../capture.js';
import { conditionOf, isCurrent, wordsOf } from '../observe/condition.js';
import { nameOf } from '../observe/outcome.js';
import { bar } from '../terminal/bar.js';
import type { Line } from '../terminal/style.js';
import { tableLines } from '../terminal/table.js';
import { cutEnd } from '../terminal/width.js';
import type { History } from './history.js';
import { COLUMNS, targetRows, totalRow } from './target-rows.js';
import { advanceOf } from './time-left.js';

export interface View {
  capture: CaptureObject;
  history: History;
  /** Why what is shown may be old. */
  trouble?: string;
}

export interface Moment {
  /** ms since the epoch. */
  time: number;
  /** ms, of the history's clock. */
  monotonic: number;
}

const WIDEST_BAR = 60;

/** `rows`: absent, all targets are shown. No line is as wide as the terminal: some wrap there already. */
export function frame({ capture, history, trouble }: View, now: Moment, { columns, rows = Infinity }: { columns: number; rows?: number | undefined }): Line[] {
  const width = Math.max(1, columns - 1);
  const head: Line[] = [...header(capture), ...advanceLine(capture, now.time, width), { text: '' }];
  const foot: Line[] = [...delivered(capture), ...(trouble === undefined ? [] : [{ text: trouble, style: 'bad' as const }])];
  const lines = [...head, ...table(capture, history, now.monotonic, width, rows - head.length - foot.length), ...foot];
  return lines.slice(0, rows).map((line) => ({ ...line, text: cutEnd(line.text, width) }));
}

function header(capture: CaptureObject): Line[] {
  const { status, spec } = capture;
  const phase = status?.phase ?? 'Pending';
  const ready = conditionOf(capture, CONDITION.ready);
  const filter = spec?.['filter'];
  return [
    { text: `${nameOf(capture)}  ${printable(phase)}`, style: 'strong' },
    { text: [status?.summary?.target ?? '', typeof filter === 'string' && filter !== '' ? `filter: ${filter}` : 'every packet'].filter((text) => text !== '').map(printable).join('  ') },
    { text: isCurrent(capture) ? wordsOf(ready) : 'the operator has not looked at its newest spec yet', style: phase === 'Failed' ? 'bad' : 'plain' },
  ];
}

function advanceLine(capture: CaptureObject, time: number, width: number): Line[] {
  const advance = advanceOf(capture, time);
  if (!advance) return [];
  const drawn = advance.fraction === undefined ? '' : `${bar(advance.fraction, Math.min(WIDEST_BAR, Math.max(12, width - 40)))}  `;
  return [{ text: `${drawn}${advance.words}`, style: 'good' }];
}

/** At least one target, and the sum of all, whatever room there is. */
function table({ status }: CaptureObject, history: History, now: number, width: number, room: number): Line[] {
  const rows = targetRows(status ?? {}, history, now);
  if (!status || rows.length === 0) return [];
  const all = totalRow(status, history, now);
  // The titles and the sum, and a line that says what was left out.
  const fits = rows.length + 2 <= room ? rows.length : Math.max(1, room - 3);
  const shown = rows.slice(0, fits);
  const [titles = '', ...lines] = tableLines(COLUMNS, [...shown, all].map(({ cells }) => cells), width);
  const styled = lines.map((text, index): Line => ({ text, style: [...shown, all][index]?.isBad ? 'bad' : 'plain' }));
  const more: Line[] = shown.length < rows.length ? [{ text: `… and ${rows.length - shown.length} more`, style: 'faint' }] : [];
  return [{ text: titles, style: 'faint' }, ...styled.slice(0, -1), ...more, ...styled.slice(-1)];
}

function delivered({ status }: CaptureObject): Line[] {
  const { packets, bytes } = status ?? {};
  if (!packets) return [];
  const part = (what: string, count: number | undefined, size: number | undefined): string => `${what} ${count ?? 0} packets (${formatBytes(size ?? 0)})`;
  const discarded = packets.discarded ? [part('discarded', packets.discarded, bytes?.discarded)] : [];
  return [{ text: [part('uploaded', packets.uploaded, bytes?.uploaded), part('pending', packets.pending, bytes?.pending), ...discarded].join(', ') }];
}
