// Comparisons and figures as benchmarks measure them, each with a line of what is other.
import type { Comparison } from '../../bench/framework/figure.js';
import type { Measured } from '../../bench/framework/results.js';

export const aComparison = (overrides: Partial<Comparison> = {}): Comparison => ({
  id: 'start.first-packet', ours: 'a capture', theirs: 'a pod', unit: 's', samples: { ours: [1, 1.2, 1.1], theirs: [1, 1, 1] }, as: 'ratio', better: 'less', limits: {}, margin: 0.1, ...overrides,
});

export const aFigure = (overrides: Partial<Measured> = {}): Measured => ({
  number: 3, name: 'start', title: 'From apply to a packet', method: 'Ours against theirs.', at: '2026-11-22T08:00Z', commit: 'abc1234', seed: '0badcafe', rounds: 3, seconds: 42,
  machine: { cores: 2, cpu: 'a processor', memoryGiB: 24, kernel: '6.1', versions: { Node: 'v20.20.2', tcpdump: '4.99.3' } }, comparisons: [aComparison()], ...overrides,
});
