// All figures, in the order of the table.
import { idleCPU } from './figures/idle-cpu.js';
import { image } from './figures/image.js';
import { rotation } from './figures/rotation.js';
import { start } from './figures/start.js';
import { captures } from './figures/captures.js';
import { unrelatedPods } from './figures/unrelated-pods.js';
import type { Figure } from './framework/figure.js';

export const FIGURES: readonly Figure[] = [start, idleCPU, rotation, captures, unrelatedPods, image];
