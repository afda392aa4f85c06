// The dashboard as a picture, from a recording: its rows below each other, and what went on.
import { chart } from './chart.js';
import { COLUMNS, placed } from './layout.js';
import type { Row } from './panels.js';
import type { Recording } from './recording.js';
import { element, STYLE, text } from './svg.js';

const WIDTH = 1000;
const MARGIN = 8;
const HEIGHT = { number: 92, states: 92, lines: 190, stacked: 190, bars: 190 } as const;
const ROW_TITLE = 34;

export function picture(rows: readonly Row[], recording: Recording): string {
  const parts: string[] = [];
  const columnWidth = (WIDTH - MARGIN) / COLUMNS;
  let y = MARGIN;
  for (const row of rows) {
    parts.push(text(MARGIN + 2, y + 22, row.title, { class: 'row' }));
    y += ROW_TITLE;
    const line = placed(row.panels, y, ({ kind }) => HEIGHT[kind] + MARGIN);
    for (const { panel, column, y: top } of line.placed) {
      parts.push(chart(panel, recording.panels[panel.title] ?? [], { x: MARGIN + column * columnWidth, y: top, width: panel.width * columnWidth - MARGIN, height: HEIGHT[panel.kind] }, recording));
    }
    y = line.bottom;
  }
  const whole = element('rect', { class: 'page', width: WIDTH, height: y }) + parts.join('\n');
  const title = '<title>The dashboard, drawn from what Prometheus answered to its queries</title>';
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${Math.ceil(y)}" role="img">${title}<style>${STYLE}</style>\n${whole}\n</svg>\n`;
}
