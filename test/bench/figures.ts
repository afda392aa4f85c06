// All figures, in the order of the table.
import { application } from './figures/application.js';
import { captures } from './figures/captures.js';
import { flood } from './figures/flood.js';
import { habits } from './figures/habits.js';
import { idleCPU } from './figures/idle-cpu.js';
import { image } from './figures/image.js';
import { memory } from './figures/memory.js';
import { rotation } from './figures/rotation.js';
import { start } from './figures/start.js';
import { unrelatedPods } from './figures/unrelated-pods.js';
import { upload } from './figures/upload.js';
import type { Figure } from './framework/figure.js';

export const FIGURES: readonly Figure[] = [flood, habits, start, upload, memory, idleCPU, application, rotation, captures, unrelatedPods, image];
