// All figures, in the order of the table.
import { captures } from './figures/captures.js';
import type { Figure } from './framework/figure.js';
import { start } from './figures/start.js';
import { unrelatedPods } from './figures/unrelated-pods.js';

export const FIGURES: readonly Figure[] = [start, captures, unrelatedPods];
