// What a transfer's progress says, in so many columns.
import { bar } from './bar.js';
import { cutEnd, textWidth } from './width.js';
import { formatRate, formatSize, formatTime } from './words.js';

export interface Transfer {
  doneBytes: number;
  /** 0 where it is not known. */
  totalBytes: number;
  doneFiles: number;
  totalFiles: number;
}

/** How many bytes were done at a moment, ms of a clock that never jumps. */
export interface Done {
  at: number;
  bytes: number;
}

export interface Course {
  /** Of the last seconds, the oldest first. */
  samples: readonly Done[];
  now: number;
  startedAt: number;
  /** Nothing more comes. */
  end: boolean;
}

const WIDEST_BAR = 42;
const NARROWEST_BAR = 12;

/** `columns`: of the terminal; undefined: a plain line. */
export function progressText(label: string, transfer: Transfer, course: Course, columns?: number): string {
  const { doneBytes, totalBytes, doneFiles, totalFiles } = transfer;
  const fraction = totalBytes > 0 ? doneBytes / totalBytes : 0;
  const size = totalBytes > 0 ? `${formatSize(doneBytes)} of ${formatSize(totalBytes)}` : formatSize(doneBytes);
  const words = [`${Math.floor(Math.min(1, fraction) * 100)}%`, size, `${doneFiles} of ${totalFiles} files`, ...pace(transfer, course)];
  if (columns === undefined) return `${label}: ${words.join(', ')}`;
  const said = words.join('  ');
  const room = columns - 1 - textWidth(label) - textWidth(said) - 4;
  const drawn = totalBytes > 0 && room >= NARROWEST_BAR ? `${bar(fraction, Math.min(WIDEST_BAR, room))}  ` : '';
  return cutEnd(`${label}  ${drawn}${said}`, columns - 1);
}

/** How fast it goes and how long it still takes; at its end, how long it took. */
function pace({ doneBytes, totalBytes }: Transfer, { samples, now, startedAt, end }: Course): string[] {
  if (end) {
    const tookMs = now - startedAt;
    return [...(tookMs > 0 ? [`${formatRate((doneBytes * 1000) / tookMs)}B/s`] : []), `in ${formatTime(tookMs)}`];
  }
  const [first] = samples;
  const perSecond = first && now - first.at >= 500 ? ((doneBytes - first.bytes) * 1000) / (now - first.at) : 0;
  if (perSecond <= 0) return [];
  return [`${formatRate(perSecond)}B/s`, ...(totalBytes > doneBytes ? [`${formatTime(((totalBytes - doneBytes) * 1000) / perSecond)} left`] : [])];
}
