// make bench: measures the figures in turn with what they are compared with: docs/benchmarks.json, and docs/benchmarks.md of it. FIGURE, ROUNDS, SEED choose, RESULT is another file.
import { writeFileSync } from 'node:fs';
import * as benchmarks from '../../hack/docs/benchmarks-page.js';
import { table } from '../../hack/docs/benchmarks/table.js';
import { FIGURES } from './figures.js';
import { chosen, measureAll, wishOf } from './framework/measure.js';
import { merged, readResults, RESULTS, writeResults } from './framework/results.js';

const { RESULT = '' } = process.env;
const file = RESULT === '' ? RESULTS : RESULT;
const wish = wishOf(process.env);
const measured = await measureAll(chosen(FIGURES, wish.figure), wish, (figure) => {
  writeResults(merged(readResults(file), [figure]), file);
  if (file === RESULTS) writeFileSync(new URL(`../../${benchmarks.path}`, import.meta.url), benchmarks.page());
});
console.log(table(measured));
process.exit(0);
