// Measures figures one after the other, each with all that its numbers say nothing without.
import { randomBytes } from 'node:crypto';
import { compared, standing } from './compare.js';
import type { Figure } from './figure.js';
import { commit, machine } from './machine.js';
import type { Measured } from './results.js';

export interface Wish {
  /** A number or a name, or several with commas between; all if empty. */
  figure: string;
  rounds: number;
  /** Made up if empty. */
  seed: string;
}

/** What the environment asks for: FIGURE, ROUNDS and SEED. */
export function wishOf({ FIGURE = '', ROUNDS = '', SEED = '' }: Record<string, string | undefined>): Wish {
  const rounds = ROUNDS === '' ? 5 : Number(ROUNDS);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`ROUNDS=${ROUNDS}: must be a whole number from 1 on; 5 or more for what is committed`);
  return { figure: FIGURE, rounds, seed: SEED === '' ? randomBytes(4).toString('hex') : SEED };
}

export function chosen(figures: readonly Figure[], wanted: string): readonly Figure[] {
  const parts = wanted.split(',').map((part) => part.trim()).filter((part) => part !== '');
  const is = ({ name, number }: Figure, part: string): boolean => part === name || part === String(number);
  const unknown = parts.filter((part) => !figures.some((figure) => is(figure, part)));
  if (unknown.length > 0) throw new Error(`FIGURE=${wanted}: no figure ${unknown.join(', ')}; there are ${figures.map(({ number, name }) => `${number} ${name}`).join(', ')}`);
  return figures.filter((figure) => parts.length === 0 || parts.some((part) => is(figure, part)));
}

/** `done` has each figure as soon as it is measured: a later one that fails takes none away. */
export async function measureAll(figures: readonly Figure[], { rounds, seed }: Wish, done: (measured: Measured) => void): Promise<Measured[]> {
  const [on, of] = await Promise.all([machine(), commit()]);
  const all: Measured[] = [];
  say(`seed ${seed}, ${rounds} rounds`);
  for (const figure of figures) {
    const { number, name, title, method } = figure;
    say(`${number}. ${title}`);
    const began = Date.now();
    const comparisons = await figure.measure({ seed, rounds, say });
    const measured = { number, name, title, method, at: `${new Date(began).toISOString().slice(0, 16)}Z`, commit: of, seed, rounds, seconds: Math.round((Date.now() - began) / 1000), machine: on, comparisons };
    done(measured);
    for (const comparison of comparisons) say(`  ${comparison.id}: ${compared(comparison).toPrecision(3)} (${standing(comparison)})`);
    all.push(measured);
  }
  return all;
}

const say = (line: string): void => console.log(`${new Date().toISOString().slice(11, 19)} ${line}`);
