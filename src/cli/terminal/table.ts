// A table that fits: columns that may be shortened are, and then the least important are left out.
import { cutEnd, cutMiddle, padEnd, padStart, textWidth } from './width.js';

export interface Column {
  title: string;
  align: 'left' | 'right';
  /** How narrow it may become, and where its cells are shortened; absent: not at all. */
  shrink?: { to: number; cut: 'middle' | 'end' };
  /** What goes first where there is no room, the highest; absent: it stays. */
  spare?: number;
}

const BETWEEN = '  ';

/** The titles, and a line for each row of cells, each at most so many columns wide. */
export function tableLines(columns: readonly Column[], rows: readonly (readonly string[])[], width: number): string[] {
  let shown = columns.map((column, index) => ({ column, cells: [column.title, ...rows.map((row) => row[index] ?? '')] }));
  for (;;) {
    const widths = fit(shown, width);
    const [first] = shown.filter(({ column }) => column.spare !== undefined).sort((a, b) => (b.column.spare ?? 0) - (a.column.spare ?? 0));
    if (total(widths) > width && first) {
      shown = shown.filter((one) => one !== first);
      continue;
    }
    return [undefined, ...rows].map((_, line) => cutEnd(shown.map(({ column, cells }, index) => cell(column, cells[line] ?? '', widths[index] ?? 0)).join(BETWEEN).trimEnd(), width));
  }
}

const total = (widths: readonly number[]): number => widths.reduce((sum, width) => sum + width, 0) + BETWEEN.length * (widths.length - 1);

/** Widths of all columns: those that may shrink give what is too much, the widest first. */
function fit(shown: readonly { column: Column; cells: readonly string[] }[], width: number): number[] {
  const widths = shown.map(({ cells }) => Math.max(...cells.map(textWidth)));
  const least = shown.map(({ column }, index) => (column.shrink ? Math.min(column.shrink.to, widths[index] ?? 0) : (widths[index] ?? 0)));
  for (let over = total(widths) - width; over > 0; over--) {
    const [widest] = widths.flatMap((own, index) => (own > (least[index] ?? 0) ? [{ own, index }] : [])).sort((a, b) => b.own - a.own);
    if (!widest) break;
    widths[widest.index] = widest.own - 1;
  }
  return widths;
}

function cell({ align, shrink }: Column, text: string, width: number): string {
  const cut = shrink?.cut === 'middle' ? cutMiddle(text, width) : cutEnd(text, width);
  return align === 'right' ? padStart(cut, width) : padEnd(cut, width);
}
