// make bench: measures the figures in turn with what they are compared with: docs/benchmarks.json, and docs/benchmarks.md of it; says how they stand to what was there before. FIGURE, ROUNDS, SEED choose, RESULT is another file.
import { writeFileSync } from 'node:fs';
import * as benchmarks from '../../hack/docs/benchmarks-page.js';
import { table } from '../../hack/docs/benchmarks/table.js';
import { FIGURES } from './figures.js';
import { judge } from './framework/check.js';
import { findingsTable } from './framework/findings.js';
import { chosen, measureAll, wishOf } from './framework/measure.js';
import { committedOf, merged, readResults, RESULTS, writeResults } from './framework/results.js';

const { RESULT = '' } = process.env;
const file = RESULT === '' ? RESULTS : RESULT;
const wish = wishOf(process.env);
const figures = chosen(FIGURES, wish.figure);
const committed = committedOf(readResults(), figures, wish.figure);
const measured = await measureAll(figures, wish, (figure) => {
  writeResults(merged(readResults(file), [figure]), file);
  if (file === RESULTS) writeFileSync(new URL(`../../${benchmarks.path}`, import.meta.url), benchmarks.page());
});
console.log(`${table(measured)}\n\nBeside what was committed before:\n\n${findingsTable(judge(committed, measured))}`);
process.exit(0);
