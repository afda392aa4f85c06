// make bench-check: measures anew, into a file of its own, and compares with docs/benchmarks.json. FIGURE, ROUNDS, SEED choose. Exits with 1 where something is worse than its margin allows.
import { mkdirSync } from 'node:fs';
import { table } from '../../hack/docs/api/markdown.js';
import { limit, said } from '../../hack/docs/benchmarks/numbers.js';
import { FIGURES } from './figures.js';
import { fails, judge, type Finding, type Judged } from './framework/check.js';
import { chosen, measureAll, wishOf } from './framework/measure.js';
import { readResults, writeResults, type Measured } from './framework/results.js';

const FOLDER = 'node_modules/.cache/bench';
const FINDINGS: Record<Finding, string> = {
  held: 'held',
  new: 'new: nothing to compare with',
  regressed: 'WORSE than its margin allows',
  missed: 'NOT WHAT IT MUST BE',
  gone: 'GONE: not measured any more',
};

function line({ id, finding, before, now, allowed, comparison }: Judged): string[] {
  const text = (value: number | undefined): string => (value === undefined ? '' : said(value, comparison));
  return [id, text(before), text(now), limit(allowed, comparison), limit(comparison.limits.must, comparison), FINDINGS[finding]];
}

const wish = wishOf(process.env);
const figures = chosen(FIGURES, wish.figure);
// A figure that nobody measures any more counts only where all are wished for.
const committed = readResults().figures.filter(({ number }) => wish.figure === '' || figures.some((figure) => figure.number === number));
mkdirSync(FOLDER, { recursive: true });
const file = `${FOLDER}/${new Date().toISOString().replaceAll(/[:.]/g, '-')}.json`;
const measured: Measured[] = [];
await measureAll(figures, wish, (figure) => {
  measured.push(figure);
  writeResults({ figures: measured }, file);
});
const all = judge(committed, measured);
console.log(`\n${table(['comparison', 'committed', 'now', 'allowed', 'must be', ''], all.map(line))}\n\n${file}`);
process.exit(all.some(fails) ? 1 : 0);
