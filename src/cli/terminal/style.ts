// Colours, where people want them: https://no-color.org.
import type { Io } from '../io.js';

export type Style = 'plain' | 'strong' | 'faint' | 'good' | 'bad';

export interface Line {
  /** Printable, and as wide as it may be. */
  text: string;
  style?: Style;
}

const SGR: Record<Style, string | undefined> = { plain: undefined, strong: '1', faint: '2', good: '32', bad: '31' };

/** Only for a terminal. */
export function painted(io: Io, { text, style = 'plain' }: Line): string {
  const code = SGR[style];
  return code === undefined || text === '' || (io.env['NO_COLOR'] ?? '') !== '' ? text : `\u001B[${code}m${text}\u001B[0m`;
}
