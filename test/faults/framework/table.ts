// The report: a table with one line per fault, and below it everything that must not be.
import type { Fault, Trial } from './trial.js';

const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);
const HEAD = ['fault', 'level', 'times', 'sent', 'uploaded', 'reported lost', 'in gaps', 'unexplained', 'duplicated', 'longest gap, s', 'spool peak of bound, MiB', 'agent peak, MiB', 'violations'];

export function tableOf(trials: Trial[]): string {
  const faults = [...new Set(trials.map(({ fault }) => fault))];
  const rows = faults.map((fault) => rowOf(fault, trials.filter((t) => t.fault === fault)));
  const total = ['all', '', ...[2, 3, 4, 5, 6, 7, 8].map((column) => String(rows.reduce((sum, row) => sum + Number(row[column]), 0))), '', '', '', String(trials.reduce((sum, t) => sum + t.violations.length, 0))];
  const lines = [HEAD, HEAD.map((_, index) => (index < 2 ? '---' : '---:')), ...rows, total];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function rowOf(fault: Fault, trials: Trial[]): string[] {
  const sum = (of: (trial: Trial) => number | undefined): string => String(trials.reduce((total, trial) => total + (of(trial) ?? 0), 0));
  const most = (of: (trial: Trial) => number | undefined): number => Math.max(0, ...trials.map((trial) => of(trial) ?? 0));
  return [
    fault.name,
    fault.level,
    String(trials.length),
    ...[sum((t) => t.sent), sum((t) => t.uploaded), sum((t) => t.reportedLost), sum((t) => t.inGaps), sum((t) => t.unexplained), sum((t) => t.duplicated)],
    (most((t) => t.longestGapMs) / 1000).toFixed(1),
    `${mib(most((t) => t.spoolPeakBytes))} of ${mib(most((t) => t.spoolBoundBytes))}`,
    mib(most((t) => t.peakMemoryBytes)),
    sum((t) => t.violations.length),
  ];
}

export function violationsOf(trials: Trial[], seed: string): string {
  return trials
    .filter(({ violations }) => violations.length > 0)
    .map(({ fault, number, violations }) => `${fault.name}, trial ${number} (make test-faults SEED=${seed} FAULT=${fault.name} FIRST=${number} TIMES=1):\n${violations.map((v) => `  - ${v}`).join('\n')}`)
    .join('\n');
}
