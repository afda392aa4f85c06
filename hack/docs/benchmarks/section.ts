// What stands of one figure of the benchmarks below the table: how it was measured, on what, and every number.
import type { Comparison } from '../../../test/bench/framework/figure.js';
import type { Machine } from '../../../test/bench/framework/machine.js';
import type { Measured } from '../../../test/bench/framework/results.js';
import { median } from '../../../test/bench/framework/rounds.js';
import { cell, table } from '../api/markdown.js';
import { number, saidOf } from './numbers.js';

export const heading = ({ number: figure, title }: Pick<Measured, 'number' | 'title'>): string => `${figure}. ${title}`;

/** As the hosts of repositories name a heading. */
export const anchor = (figure: Measured): string => heading(figure).toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-');

export const machineText = ({ cores, cpu, memoryGiB, kernel }: Machine): string => `${cores} cores${cpu === '' ? '' : ` of ${cpu}`}, ${memoryGiB} GiB, Linux ${kernel}`;

const versions = ({ versions: of }: Machine): string => Object.entries(of).filter(([, version]) => version !== '').map(([program, version]) => `${program} ${version}`).join(', ');

const duration = (seconds: number): string => (seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} minutes`);

const samples = (values: readonly number[]): string => values.map(number).join(' · ');

/** A line for ours and one for the other, where there is one. */
function rows({ ours, theirs, unit, samples: of }: Comparison): string[][] {
  const line = (name: string, values: readonly number[]): string[] => [cell(name), unit, samples(values), number(median(values))];
  return [line(ours, of.ours), ...(of.theirs.length === 0 ? [] : [line(theirs, of.theirs)])];
}

const margin = ({ as, unit, margin: of, better }: Comparison): string => `${as === 'difference' ? `${number(of)} ${unit}` : `${number(of * 100)} %`} ${better === 'more' ? 'less' : 'more'}`;

export function section(figure: Measured): string {
  const { method, comparisons, machine } = figure;
  const notes = comparisons.filter(({ note }) => note !== undefined).map(({ ours, note }) => `- ${ours}: ${note}`);
  return [
    `## ${heading(figure)}`,
    method,
    ...(notes.length === 0 ? [] : [notes.join('\n')]),
    `Measured on ${figure.at.replace('T', ' ').replace('Z', ' UTC')} at commit ${figure.commit}, seed \`${figure.seed}\`, ${figure.rounds} rounds in ${duration(figure.seconds)}. ${machineText(machine)}; ${versions(machine)}.`,
    table(['what', 'in', 'each round', 'median'], comparisons.flatMap(rows)),
    `\`make bench-check\` lets be: ${comparisons.map((comparison) => `\`${comparison.id}\` (${saidOf(comparison)}) ${margin(comparison)}`).join(', ')}.`,
  ].join('\n\n');
}
