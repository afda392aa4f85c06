// Where the panels of a row stand: from left to right, and a line below where one is full.
import type { Panel } from './panels.js';

export const COLUMNS = 24;

export interface Placed {
  panel: Panel;
  /** In columns. */
  column: number;
  y: number;
}

/** From `top` on, in the unit of `heightOf`; `bottom`: where the next row may begin. */
export function placed(panels: readonly Panel[], top: number, heightOf: (panel: Panel) => number): { placed: Placed[]; bottom: number } {
  let [column, y, height] = [0, top, 0];
  const all = panels.map((panel) => {
    if (column + panel.width > COLUMNS) [column, y, height] = [0, y + height, 0];
    const here = { panel, column, y };
    column += panel.width;
    height = Math.max(height, heightOf(panel));
    return here;
  });
  return { placed: all, bottom: y + height };
}
