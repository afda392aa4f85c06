// Times, numbers and reasons as explain says them.
import { entryOf } from '../../api/reason-table.js';
import { formatTime } from '../terminal/words.js';

const DAY_MS = 24 * 3_600_000;

/** "2026-11-21T16:33:37Z": to the second, as logs of other programs have it. */
export const clockTime = (time: string): string => time.replace(/\.\d+Z$/, 'Z');

/** To the millisecond: gaps are short. */
export const exactTime = (time: string): string => time.replace(/(\.\d{3})\d+Z$/, '$1Z');

export const span = (ms: number): string => (ms >= 2 * DAY_MS ? `${Math.floor(ms / DAY_MS)} days` : formatTime(ms));

/** With how long ago it was, by this machine's clock. */
export function when(time: string, now: number): string {
  const agoMs = now - Date.parse(time);
  return Number.isNaN(agoMs) || agoMs < 0 ? clockTime(time) : `${clockTime(time)} (${span(agoMs)} ago)`;
}

export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** The table of reasons is written for pages: its marks of code are not for a terminal, and the message that it speaks of stands beside it. */
const plain = (text: string): string => text.replaceAll('`', '').replace(/; the message has [^.;]*/g, '');

/** "spec.duration is over." A reason of another version means nothing here. */
export function meaningOf(reason: string | undefined): string | undefined {
  const means = reason === undefined ? undefined : entryOf(reason)?.means;
  return means === undefined ? undefined : plain(means);
}

export function remedyOf(reason: string | undefined): string | undefined {
  const remedy = reason === undefined ? undefined : entryOf(reason)?.remedy;
  return remedy === undefined ? undefined : plain(remedy);
}

/** "Duration: spec.duration is over." */
export const reasonWords = (reason: string | undefined): string => [reason ?? 'for a reason that nobody said', meaningOf(reason)].filter((words) => words !== undefined).join(': ').replace(/([^.])$/, '$1.');

/** A sentence of what is no sentence yet. Names of fields and programs stay as they are written. */
export function sentence(text: string): string {
  if (text === '') return '';
  const isName = /^(tcpdump\b|[a-z]+[.:][a-z])/.test(text);
  return `${isName ? text[0] : text[0]?.toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}
