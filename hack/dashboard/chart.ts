// One panel of the picture: its title, and its series as lines, stacked areas, bars, states or a number.
import { ticks, written } from './axis.js';
import type { Panel } from './panels.js';
import type { Line, Recording } from './recording.js';
import { element, FONT, LEVEL, PALETTE, text, widthOf } from './svg.js';

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

const PAD = 10;
const LEGEND = 17;

const colour = (n: number): string => PALETTE[n % PALETTE.length] as string;
const last = ({ values }: Line): number => values.findLast((value) => value !== null) ?? 0;
const level = ({ levels = [] }: Panel, value: number): string => LEVEL[levels.findLast(({ from }) => value >= from)?.colour ?? 'green'];

export function chart(panel: Panel, all: readonly Line[], box: Box, recording: Recording): string {
  const frame = element('rect', { class: 'panel', x: box.x, y: box.y, width: box.width, height: box.height, rx: 4 }) + text(box.x + PAD, box.y + 20, panel.title, { class: 'title' });
  if (panel.kind === 'number') return frame + number(panel, all, box);
  if (panel.kind === 'states') return frame + states(panel, all, box);
  return frame + plot(panel, all, box, recording);
}

function number(panel: Panel, [line]: readonly Line[], { x, y, width, height }: Box): string {
  const value = line ? last(line) : 0;
  const what = written(Math.round(value), panel.unit);
  const size = Math.min(34, (width - 2 * PAD) / widthOf(what, 1.15));
  return text(x + width / 2, y + height - 22, what, { class: 'large', 'text-anchor': 'middle', style: `fill:${level(panel, value)};font-size:${size.toFixed(0)}px` });
}

/** Runs of the same value, as bars. */
function states(panel: Panel, all: readonly Line[], { x, y, width, height }: Box): string {
  const left = x + PAD + Math.max(...all.map(({ name }) => widthOf(name)), 0) + 8;
  const rowHeight = (height - 34) / Math.max(1, all.length);
  const step = (x + width - PAD - left) / Math.max(1, all[0]?.values.length ?? 1);
  return all.map(({ name, values }, n) => {
    const top = y + 28 + n * rowHeight;
    const ends = values.flatMap((value, at) => (at + 1 === values.length || values[at + 1] !== value ? [at + 1] : []));
    const bars = ends.map((end, k) => {
      const [from, value] = [ends[k - 1] ?? 0, values[end - 1] ?? null];
      if (value === null) return '';
      const wide = (end - from) * step;
      const word = panel.words?.[value] ?? String(value);
      return element('rect', { x: left + from * step, y: top, width: wide, height: rowHeight - 4, fill: level(panel, value) }) + (widthOf(word) + 8 < wide ? text(left + from * step + 6, top + rowHeight / 2 + 2, word, { style: 'fill:#fff' }) : '');
    });
    return text(x + PAD, top + rowHeight / 2 + 2, name) + bars.join('');
  }).join('');
}

function plot(panel: Panel, all: readonly Line[], box: Box, recording: Recording): string {
  // A series of zeros alone is in nobody's way in the legend, but says nothing in it either.
  const told = all.filter(({ values }) => values.some((value) => value !== null && value !== 0));
  const shown = told.length > 0 ? told : all.filter(({ name }) => name !== '').slice(0, 1);
  const stacked = panel.kind !== 'lines';
  const sums = Array.from({ length: recording.steps }, (_, at) => shown.reduce((sum, { values }) => sum + (values[at] ?? 0), 0));
  const most = stacked ? Math.max(...sums) : Math.max(0, ...shown.flatMap(({ values }) => values.map((value) => value ?? 0)));
  const marks = (panel.levels ?? []).slice(1);
  const scale = ticks(panel.max ?? most, panel.unit);
  const top = scale.at(-1) as number;

  const entries = legend(shown, all.length - shown.length, box);
  const left = box.x + PAD + Math.max(...scale.map((tick) => widthOf(written(tick, panel.unit)))) + 6;
  const [right, upper, lower] = [box.x + box.width - PAD, box.y + 34, box.y + box.height - 24 - entries.lines * LEGEND];
  const atX = (n: number): number => left + ((right - left) * n) / (recording.steps - 1);
  const atY = (value: number): number => lower - ((lower - upper) * value) / top;

  const grid = scale.map((tick) => element('line', { class: 'grid', x1: left, x2: right, y1: atY(tick), y2: atY(tick) }) + text(left - 6, atY(tick) + 4, written(tick, panel.unit), { class: 'dim', 'text-anchor': 'end' }));
  const minutes = Math.floor(((recording.steps - 1) * recording.stepSeconds) / 60);
  const time = Array.from({ length: minutes + 1 }, (_, minute) => text(Math.min(atX((minute * 60) / recording.stepSeconds), right - 10), lower + 15, minute === 0 ? '0' : `${minute} min`, { class: 'dim', 'text-anchor': minute === 0 ? 'start' : 'middle' }))
    .filter((_, minute) => minutes * 44 < right - left || minute % 2 === 0);
  const limits = marks.filter(({ from }) => from <= top).map(({ from, colour: name }) => element('line', { x1: left, x2: right, y1: atY(from), y2: atY(from), stroke: LEVEL[name], 'stroke-dasharray': '5 4' }));
  const below = sums.map(() => 0);
  const drawn = shown.map(({ values }, n) => {
    const from = [...below];
    if (stacked) values.forEach((value, at) => (below[at] = (below[at] ?? 0) + (value ?? 0)));
    const y = (at: number): number => atY((values[at] ?? 0) + (stacked ? (from[at] ?? 0) : 0));
    if (panel.kind === 'bars') return bars(values, colour(n), (at) => [atX(at), y(at), atY(from[at] ?? 0)], (right - left) / recording.steps);
    return runs(values).map((run) => {
      const upperEdge = run.map((at) => `${atX(at).toFixed(1)},${y(at).toFixed(1)}`);
      const lowerEdge = run.toReversed().map((at) => `${atX(at).toFixed(1)},${atY(stacked ? (from[at] ?? 0) : 0).toFixed(1)}`);
      return element('polygon', { points: [...upperEdge, ...lowerEdge].join(' '), fill: colour(n), 'fill-opacity': stacked ? 0.45 : 0.08 }) + element('polyline', { points: upperEdge.join(' '), fill: 'none', stroke: colour(n), 'stroke-width': 1.6, 'stroke-linejoin': 'round' });
    }).join('');
  });
  return [...grid, ...time, ...drawn, ...limits, entries.drawn].join('');
}

const bars = (values: Line['values'], fill: string, at: (n: number) => [number, number, number], width: number): string =>
  values.map((value, n) => {
    const [x, y, floor] = at(n);
    return value ? element('rect', { x: x - width / 2, y, width: width * 0.9, height: Math.max(0, floor - y), fill }) : '';
  }).join('');

/** Stretches without a hole. */
function runs(values: Line['values']): number[][] {
  const found: number[][] = [];
  values.forEach((value, at) => {
    if (value === null) return;
    if (at > 0 && values[at - 1] !== null && found.length > 0) (found.at(-1) as number[]).push(at);
    else found.push([at]);
  });
  return found;
}

function legend(shown: readonly Line[], others: number, { x, y, width, height }: Box): { drawn: string; lines: number } {
  const names = [...shown.map(({ name }, n) => ({ name, mark: colour(n) })), ...(others > 0 ? [{ name: `${others} more at 0`, mark: undefined }] : [])];
  let [at, line] = [x + PAD, 0];
  const placed = names.map(({ name, mark }) => {
    const wide = (mark === undefined ? 0 : 18) + widthOf(name) + 14;
    if (at + wide > x + width && at > x + PAD) [at, line] = [x + PAD, line + 1];
    const here = { name, mark, at, line };
    at += wide;
    return here;
  });
  const base = y + height - 8 - line * LEGEND;
  const drawn = placed.map(({ name, mark, at: left, line: n }) => {
    const baseline = base + n * LEGEND;
    return mark === undefined ? text(left, baseline, name, { class: 'dim' }) : element('rect', { x: left, y: baseline - FONT / 2 - 1, width: 12, height: 4, fill: mark }) + text(left + 18, baseline, name);
  });
  return { drawn: drawn.join(''), lines: line + 1 };
}
