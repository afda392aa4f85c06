// make bench: measures the figures in turn with what they are compared with, and writes docs/benchmarks.json. FIGURE, ROUNDS, SEED choose.
import { randomBytes } from 'node:crypto';
import { FIGURES } from './figures.js';
import { compared, standing } from './framework/compare.js';
import type { Figure } from './framework/figure.js';
import { commit, machine } from './framework/machine.js';
import { merged, readResults, RESULTS, writeResults, type Measured } from './framework/results.js';

const { FIGURE = '', ROUNDS = '5', SEED = '', RESULT = '' } = process.env;
const seed = SEED === '' ? randomBytes(4).toString('hex') : SEED;

/** FIGURE is a number or a name, or several with commas between. */
function chosen(): readonly Figure[] {
  const wanted = FIGURE.split(',').filter((part) => part !== '');
  const unknown = wanted.filter((part) => !FIGURES.some(({ name, number }) => part === name || part === String(number)));
  if (unknown.length > 0) throw new Error(`FIGURE=${FIGURE}: no figure ${unknown.join(', ')}; there are ${FIGURES.map(({ number, name }) => `${number} ${name}`).join(', ')}`);
  return FIGURES.filter(({ name, number }) => wanted.length === 0 || wanted.some((part) => part === name || part === String(number)));
}

const say = (line: string): void => console.log(`${new Date().toISOString().slice(11, 19)} ${line}`);
const file = RESULT === '' ? RESULTS : RESULT;
const on = await machine();
const at = await commit();
say(`seed ${seed}, ${ROUNDS} rounds`);
for (const figure of chosen()) {
  say(`${figure.number}. ${figure.title}`);
  const began = Date.now();
  const comparisons = await figure.measure({ seed, rounds: Number(ROUNDS), say });
  const measured: Measured = { number: figure.number, name: figure.name, at: `${new Date(began).toISOString().slice(0, 16)}Z`, commit: at, seed, rounds: Number(ROUNDS), seconds: Math.round((Date.now() - began) / 1000), machine: on, comparisons };
  // After each figure: a later one that fails takes none of these away.
  writeResults(merged(readResults(file), [measured]), file);
  for (const comparison of comparisons) say(`  ${comparison.id}: ${compared(comparison).toPrecision(3)} (${standing(comparison)})`);
}
process.exit(0);
