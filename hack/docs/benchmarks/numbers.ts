// Numbers of benchmarks as people read them: four digits that count, or the whole of it where that is longer.
import { compared } from '../../../test/bench/framework/compare.js';
import type { Comparison, Unit } from '../../../test/bench/framework/figure.js';

export function number(value: number): string {
  if (!Number.isFinite(value)) return 'none';
  const digits = Math.abs(value) >= 1000 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 4, maximumFractionDigits: 20 };
  return value.toLocaleString('en-US', digits).replace(/^-0$/, '0');
}

export const withUnit = (value: number, unit: Unit): string => `${number(value)} ${unit}`;

type Kind = Pick<Comparison, 'as' | 'unit'>;

/** A ratio, a difference or a value, as the table says it. */
export function said(value: number, { as, unit }: Kind): string {
  if (as === 'ratio') return `${number(Number(value.toPrecision(3)))} ×`;
  return as === 'difference' && value > 0 ? `+${withUnit(value, unit)}` : withUnit(value, unit);
}

export const saidOf = (comparison: Comparison): string => said(compared(comparison), comparison);

/** A limit of what is compared: at least, at most. */
export const limit = (value: number | undefined, comparison: Kind & Pick<Comparison, 'better'>): string => (value === undefined ? '' : `${comparison.better === 'more' ? '≥' : '≤'} ${said(value, comparison)}`);
