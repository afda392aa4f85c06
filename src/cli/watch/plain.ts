// The course of a capture as plain lines, for a pipe or a log: one where something is another than before.
import { printable } from '../../api/printable.js';
import { formatBytes } from '../../api/quantity.js';
import type { CaptureObject } from '../capture.js';
import { createCourse } from '../observe/course.js';
import { formatRate } from '../terminal/words.js';
import type { Moment, View } from './frame.js';
import { rateOf } from './history.js';
import { stateOf } from './target-rows.js';
import { advanceOf } from './time-left.js';

export interface PlainLines {
  /** Asked with each version in turn: what there is to say of it. */
  seen(capture: CaptureObject): void;
  /** One line of all that came since the last; undefined where there is nothing new. */
  next(view: View, now: Moment): string | undefined;
}

/** Of targets that turned in one line. */
const NAMED = 5;

export function createPlainLines(): PlainLines {
  const course = createCourse();
  let states = new Map<string, string>();
  let news: string[] = [];
  let told: string | undefined;
  return {
    seen(capture) {
      const now = new Map((capture.status?.targets ?? []).map((target) => [target.name, `${printable(target.podName ?? target.name)} ${stateOf(target)}`]));
      const turned = [...now].filter(([name, state]) => states.get(name) !== state).map(([, state]) => state);
      states = now;
      news.push(...course(capture), ...turned.slice(0, NAMED), ...(turned.length > NAMED ? [`${turned.length - NAMED} more targets turned`] : []));
    },
    next(view, now) {
      const { capture, trouble } = view;
      const counts = countsOf(capture);
      const key = [counts, trouble].join('\n');
      if (news.length === 0 && key === told) return undefined;
      const said = [...news, ...(counts === '' ? [] : [[counts, ...pace(view, now)].join(', ')]), ...(trouble === undefined ? [] : [trouble])];
      news = [];
      told = key;
      return said.length === 0 ? undefined : `${new Date(now.time).toISOString().slice(0, 19)}Z ${said.join('; ')}`;
    },
  };
}

function countsOf({ status }: CaptureObject): string {
  const { packets, files, bytes } = status ?? {};
  if (!packets) return '';
  return [`${packets.captured ?? 0} packets`, `${packets.lost ?? 0} lost`, `${files?.captured ?? 0} files`, `${formatBytes(bytes?.captured ?? 0)}B`, `${packets.uploaded ?? 0} uploaded`, `${packets.pending ?? 0} pending`].join(', ');
}

function pace({ capture, history }: View, now: Moment): string[] {
  if (capture.status?.phase !== 'Capturing') return [];
  const rate = rateOf(history.all, now.monotonic);
  const advance = advanceOf(capture, now.time);
  return [...(rate ? [`${formatRate(rate.packets)} packets/s`, `${formatRate(rate.bytes)}B/s`] : []), ...(advance ? [advance.words] : [])];
}
