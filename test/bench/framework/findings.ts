// What the regression check says of each comparison, as a table.
import { table } from '../../../hack/docs/api/markdown.js';
import { limit, said } from '../../../hack/docs/benchmarks/numbers.js';
import type { Finding, Judged } from './check.js';

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

export const findingsTable = (all: readonly Judged[]): string => table(['comparison', 'committed', 'now', 'allowed', 'must be', ''], all.map(line));
