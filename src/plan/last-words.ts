// What a container that ended said last, for whoever may read the capture: its message is the tail of its log where it wrote none.
import { withoutUnseen } from '../api/printable.js';

const MOST_CHARACTERS = 500;
/** pino writes `msg` last. The kubelet may have cut off the line's beginning. */
const MESSAGE = /"msg":("(?:[^"\\]|\\.)*")\}$/;
/** Of an error in the log: what the system calls it, as EACCES. What a bucket or a library said is for those who may read the log. */
const CODE = /"code":"(E[A-Z0-9]{2,30})"/;

/** Of a line of the agent's log its message alone, and the system's name of the error; any other line as it is. Printable, and not long. */
export function lastWords(message: string | undefined): string {
  const line = (message ?? '').trim().split('\n').at(-1) ?? '';
  return withoutUnseen(said(line), ' ').trim().slice(-MOST_CHARACTERS) || 'none';
}

function said(line: string): string {
  const quoted = MESSAGE.exec(line)?.[1];
  if (quoted === undefined) return line.startsWith('{') ? '' : line;
  const code = CODE.exec(line)?.[1];
  try {
    return `${JSON.parse(quoted) as string}${code === undefined ? '' : ` (${code})`}`;
  } catch {
    return '';
  }
}
