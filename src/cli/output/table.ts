// The API server's own Table of a resource, printed as kubectl prints it.
import { printable } from '../../api/printable.js';
import { isGone } from '../../kube/errors.js';
import { resourcePath, type Resource } from '../../kube/resources.js';
import type { Session } from '../session.js';
import { padEnd, textWidth } from '../terminal/width.js';

export interface Table {
  columnDefinitions: { name: string; priority: number }[];
  rows: { cells: unknown[]; object?: { metadata?: { name?: string; namespace?: string } } }[];
}

const AS_TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io';
const PAGE = 500;

export interface TableQuery {
  /** All of them where undefined. */
  namespace: string | undefined;
  labelSelector?: string | undefined;
}

/** Page by page, as kubectl asks. */
export async function readTable(session: Session, resource: Resource, { namespace, labelSelector }: TableQuery): Promise<Table> {
  const page = (limit: number, token: string): Promise<Table & { metadata?: { continue?: string } }> => {
    const query = new URLSearchParams({ ...(limit > 0 && { limit: String(limit) }), ...(token !== '' && { continue: token }), ...(labelSelector !== undefined && { labelSelector }) });
    return session.kube.getPath(`${resourcePath(resource, namespace)}?${query.toString()}`, { accept: AS_TABLE });
  };
  const table = await page(PAGE, '');
  for (let token = table.metadata?.continue ?? ''; token !== ''; ) {
    try {
      const next = await page(PAGE, token);
      table.rows = [...(table.rows ?? []), ...(next.rows ?? [])];
      token = next.metadata?.continue ?? '';
    } catch (error) {
      if (!isGone(error)) throw error;
      // The first page is too old by now for the next one to follow it.
      return page(0, '');
    }
  }
  return table;
}

export interface TableLayout {
  wide: boolean;
  withNamespace: boolean;
  headers: boolean;
}

/** Lines of a table: columns three blanks apart, nothing behind the last. */
export function tableText({ columnDefinitions, rows }: Table, { wide, withNamespace, headers }: TableLayout): string {
  const shown = columnDefinitions.map(({ priority }) => wide || priority === 0);
  const lines = (rows ?? []).map(({ cells, object }) => [...(withNamespace ? [object?.metadata?.namespace] : []), ...cells.filter((_, index) => shown[index])].map(cellText));
  const head = [...(withNamespace ? ['NAMESPACE'] : []), ...columnDefinitions.filter((_, index) => shown[index]).map(({ name }) => printable(name.toUpperCase()))];
  return aligned(headers ? [head, ...lines] : lines);
}

/** kubectl's: at least six columns wide, three of them blank. */
export function aligned(lines: string[][]): string {
  const widths = (lines[0] ?? []).map((_, column) => Math.max(6, 3 + Math.max(...lines.map((cells) => textWidth(cells[column] ?? '')))));
  return lines.map((cells) => `${cells.map((cell, column) => (column === cells.length - 1 ? cell : padEnd(cell, widths[column] as number))).join('')}\n`).join('');
}

/** Up to the first line's end, as kubectl shows it. */
function cellText(cell: unknown): string {
  if (cell === null || cell === undefined) return '';
  const text = typeof cell === 'string' ? cell : JSON.stringify(cell);
  const [first = ''] = text.split(/[\n\r\f]/, 1);
  return printable(first.length < text.length ? `${first}...` : first);
}
