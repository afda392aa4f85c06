// What an Event says: a reason of the table, which knows whether it is worth a warning.
import { printable } from '../api/printable.js';
import { entryOf, type Told } from '../api/reason-table.js';

export interface Transition {
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
}

/** The table says whether a reason is worth a warning. One that an agent of another version wrote is. */
export const tell = <R extends string>(reason: Told<R>, message: string): Transition => ({ type: entryOf(reason)?.type ?? 'Warning', reason, message: printable(message) });
