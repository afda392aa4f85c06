// All figures, in the order of the table.
import type { Figure } from './framework/figure.js';
import { start } from './figures/start.js';

export const FIGURES: readonly Figure[] = [start];
