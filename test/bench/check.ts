// make bench-check: measures anew, into a file of its own, and compares with docs/benchmarks.json. FIGURE, ROUNDS, SEED choose. Exits with 1 where something is worse than its margin allows.
import { mkdirSync } from 'node:fs';
import { FIGURES } from './figures.js';
import { fails, judge } from './framework/check.js';
import { findingsTable } from './framework/findings.js';
import { chosen, measureAll, wishOf } from './framework/measure.js';
import { committedOf, readResults, writeResults, type Measured } from './framework/results.js';

const FOLDER = 'node_modules/.cache/bench';

const wish = wishOf(process.env);
const figures = chosen(FIGURES, wish.figure);
const committed = committedOf(readResults(), figures, wish.figure);
mkdirSync(FOLDER, { recursive: true });
const file = `${FOLDER}/${new Date().toISOString().replaceAll(/[:.]/g, '-')}.json`;
const measured: Measured[] = [];
await measureAll(figures, wish, (figure) => {
  measured.push(figure);
  writeResults({ figures: measured }, file);
});
const all = judge(committed, measured);
console.log(`\n${findingsTable(all)}\n\n${file}`);
process.exit(all.some(fails) ? 1 : 0);
