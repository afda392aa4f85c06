// docs/images/dashboard.svg, from the table of panels and what Prometheus answered: hack/dashboard/recording.json, by `make dashboard-recording`.
import { readFileSync } from 'node:fs';
import { ROWS } from '../dashboard/panels.js';
import { picture } from '../dashboard/picture.js';
import type { Recording } from '../dashboard/recording.js';

export const path = 'docs/images/dashboard.svg';

/** Run from the root of the repository: as a bundle it does not know where it came from. */
export const page = (): string => picture(ROWS, JSON.parse(readFileSync('hack/dashboard/recording.json', 'utf8')) as Recording);
