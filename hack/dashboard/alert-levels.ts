// From which values on an alert fires: drawn in the panels. A test compares them with the rules.
import type { Level } from './panels.js';

export const ALERT_LEVELS = {
  spool: [{ from: 0, colour: 'green' }, { from: 0.8, colour: 'red' }],
  start: [{ from: 0, colour: 'green' }, { from: 30, colour: 'red' }],
} satisfies Record<string, readonly Level[]>;
