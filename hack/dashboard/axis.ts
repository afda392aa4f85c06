// Axes of the picture: round steps, and values as Grafana writes them in each unit.
import type { Unit } from './panels.js';

const BINARY = ['B', 'KiB', 'MiB', 'GiB'] as const;
const DECIMAL = ['', 'k', 'M', 'G'] as const;

const short = (value: number): string => String(Number(value.toPrecision(3)));

function scaled(value: number, base: number, prefixes: readonly string[]): string {
  const n = value < base ? 0 : Math.min(prefixes.length - 1, Math.floor(Math.log(value) / Math.log(base) + 1e-9));
  return `${short(value / base ** n)} ${prefixes[n]}`.trimEnd();
}

export function written(value: number, unit: Unit): string {
  switch (unit) {
    case 'none':
      return scaled(value, 1000, DECIMAL);
    case 'bytes':
      return scaled(value, 1024, BINARY);
    case 'Bps':
      return `${scaled(value, 1000, ['B', 'kB', 'MB', 'GB'])}/s`;
    case 'pps':
      return `${scaled(value, 1000, DECIMAL)} p/s`;
    case 'reqps':
      return `${scaled(value, 1000, DECIMAL)} req/s`;
    case 'percentunit':
      return `${short(value * 100)} %`;
    case 's':
      return value === 0 ? '0 s' : value < 1 ? `${short(value * 1000)} ms` : `${short(value)} s`;
    default:
      return unit satisfies never;
  }
}

/** From 0 to at least `most`, in at most four round steps; bytes in powers of two. */
export function ticks(most: number, unit: Unit): number[] {
  const base = unit === 'bytes' ? 1024 ** Math.max(0, Math.floor(Math.log(most || 1) / Math.log(1024))) : 1;
  const rough = (most || 1) / base / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  let step = ([1, 2, 5, 10].find((n) => n * power >= rough * (1 - 1e-9)) ?? 10) * power * base;
  if (unit === 'none' && step < 1) step = 1;
  const count = Math.max(1, Math.ceil(most / step - 1e-9));
  return Array.from({ length: count + 1 }, (_, n) => n * step);
}
