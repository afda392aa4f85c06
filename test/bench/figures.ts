// All figures, in the order of the table.
import type { Figure } from './framework/figure.js';

export const FIGURES: readonly Figure[] = [];
