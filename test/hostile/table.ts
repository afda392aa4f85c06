// The table of all hostile cases of a run of `make test`, and what is wrong with it.
import { KINDS } from './kinds.js';

export interface Kept {
  project: string;
  file: string;
  titles: string[];
  /** Of jest: `passed`, `failed`, or a word for not having run. */
  status: string;
}

export interface Case {
  kind: string;
  attack: string;
  shown: string;
  project: string;
  verdict: string;
}

export const FEWEST = 100;
const HEAD: Case = { kind: 'kind', attack: 'attack', shown: 'shown', project: 'where', verdict: 'verdict' };
const COLUMNS = ['kind', 'attack', 'shown', 'project', 'verdict'] as const;

/** `runs`: in the order in which they began. Of a case that ran twice, the later one counts. */
export function casesOf(runs: Kept[][]): Case[] {
  const cases = new Map<string, Case>();
  for (const { project, file, titles, status } of runs.flat()) {
    const [kind = '', ...rest] = titles;
    const [attack = '', ...shown] = rest.join(', ').split(' → ');
    cases.set(JSON.stringify([project, file, titles]), { kind: kind.replace('hostile: ', ''), attack, shown: shown.join(' → '), project, verdict: status });
  }
  return [...cases.values()].sort((a, b) => (a.kind === b.kind ? 0 : a.kind < b.kind ? -1 : 1));
}

export function tableOf(cases: Case[]): string {
  const rows = [HEAD, ...cases].map((row) => COLUMNS.map((column) => printable(row[column])));
  const widths = COLUMNS.map((_, index) => Math.min(90, Math.max(...rows.map((cells) => cells[index]?.length ?? 0))));
  return rows.map((cells) => cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join('  ').trimEnd()).join('\n');
}

/** What an attack is made of stays in its title: it does nothing to the terminal that shows it. */
const printable = (text: string): string => text.replace(/[^\P{C}]|[\u2028\u2029]/gu, (c) => `\\u{${c.codePointAt(0)?.toString(16)}}`);

export function problemsOf(cases: Case[], kinds = KINDS, fewest = FEWEST): string[] {
  const passed = cases.filter(({ verdict }) => verdict === 'passed');
  return [
    ...cases.filter(({ verdict }) => verdict !== 'passed').map(({ kind, attack, verdict }) => `${kind}: ${printable(attack)}: ${verdict}`),
    ...cases.filter(({ shown }) => shown === '').map(({ kind, attack }) => `${kind}: ${printable(attack)}: its title does not say " → " and what it shows`),
    ...[...new Set(cases.map(({ kind }) => kind))].filter((kind) => !kinds.includes(kind)).map((kind) => `${kind}: not a kind of test/hostile/kinds.ts`),
    ...kinds.filter((kind) => !passed.some((one) => one.kind === kind)).map((kind) => `${kind}: no case of this kind passed`),
    ...(passed.length < fewest ? [`${passed.length} cases passed: at least ${fewest} have to`] : []),
  ];
}
