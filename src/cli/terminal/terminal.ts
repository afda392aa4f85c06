// Whether a stream is a terminal on which lines can be drawn anew.
import type { Io } from '../io.js';

export interface Size {
  columns: number;
  rows: number;
}

/** Its size now; undefined where only plain lines may be written: a pipe, a file, a terminal without a cursor that moves. */
export function terminalSize(io: Io, stream: 'stdout' | 'stderr'): Size | undefined {
  const columns = io.columns(stream);
  if (columns === undefined || io.env['TERM'] === 'dumb') return undefined;
  return { columns, rows: io.rows(stream) ?? 24 };
}
