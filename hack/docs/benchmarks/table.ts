// All comparisons of some figures as one table: what was measured, what came of it, and how it stands to what must be.
import { standing, type Standing } from '../../../test/bench/framework/compare.js';
import type { Comparison } from '../../../test/bench/framework/figure.js';
import type { Measured } from '../../../test/bench/framework/results.js';
import { median } from '../../../test/bench/framework/rounds.js';
import { cell, table as markdown } from '../api/markdown.js';
import { limit, saidOf, withUnit } from './numbers.js';

export const STANDINGS: Record<Standing, string> = {
  goal: 'reaches the goal',
  within: 'as it must be',
  short: '**short of the goal**',
  missed: '**not what it must be**',
  shown: 'shown',
};

const HEAD = ['', 'what', 'it comes to', 'against', 'that comes to', 'compared', 'must be', 'go for', ''];
const medianOf = (values: readonly number[], { unit }: Comparison): string => (values.length === 0 ? '' : withUnit(median(values), unit));

const row = (figure: string, comparison: Comparison): string[] => {
  const { ours, theirs, samples, limits } = comparison;
  return [figure, cell(ours), medianOf(samples.ours, comparison), cell(theirs), medianOf(samples.theirs, comparison), saidOf(comparison), limit(limits.must, comparison), limit(limits.goal, comparison), STANDINGS[standing(comparison)]];
};

/** `link` says how a figure's number is written; `missing` are figures that nobody has measured, by their numbers. */
export function table(figures: readonly Measured[], { link = ({ number }) => String(number), missing = {} }: { link?: (figure: Measured) => string; missing?: Record<number, string> } = {}): string {
  const rows = figures.map((figure): [number, string[][]] => [figure.number, figure.comparisons.map((comparison) => row(link(figure), comparison))]);
  const none = Object.entries(missing).map(([number, title]): [number, string[][]] => [Number(number), [[number, cell(title), 'not measured yet', '', '', '', '', '', '']]]);
  return markdown(HEAD, [...rows, ...none].sort(([a], [b]) => a - b).flatMap(([, lines]) => lines));
}
