// Writes reports: when something changed, at most one a second, the last words at once.
import { writeFileSync } from 'node:fs';
import { REPORT_MAX_BYTES, TERMINATION_MAX_BYTES, type Report, type ReportedTarget } from '../../protocol/report.js';
import type { Work } from '../../protocol/work.js';
import type { Clock } from '../clock.js';
import type { ReportBody } from './build.js';
import { fitReport, fitTotals } from './fit.js';
import { TargetTurns } from './turns.js';

const INTERVAL_MS = 1000;
/** Where nothing but failed uploads is new: a bucket that is down for a night is told of as often as its uploads are tried. */
const ERRORS_INTERVAL_MS = 30_000;

type Told = ReportBody & Pick<Report, 'work'>;

export interface ReportWriterLog {
  warn(fields: object, message: string): void;
}

export class ReportWriter {
  /** Reports written by this process. */
  count = 0;
  /** The newest lines, as they were written. */
  lastLines = '';
  private readonly turns = new TargetTurns();
  private terminationLogWorks = true;
  private lastBody = '';
  private lastErrors = '{}';
  private lastMs = -Infinity;

  constructor(
    private number: number,
    private readonly terminationLog: string,
    private readonly clock: Clock,
    private readonly writeLines: (lines: string) => void,
    private readonly log: ReportWriterLog,
  ) {}

  /** Whether a report may be written now without exceeding one a second. */
  get isDue(): boolean {
    return this.clock.monotonic() - this.lastMs >= INTERVAL_MS;
  }

  /**
   * Writes the report where it says something new. `countedMs`: all that had arrived by then is in it (ms since the epoch); that time goes by is nothing new.
   * Nor is `work`, which goes along, but for uploads that fail while nothing else happens.
   */
  write(body: ReportBody, countedMs?: number, work?: Work): void {
    const text = JSON.stringify(body);
    const errors = JSON.stringify(work?.uploads.errors ?? {});
    const isOfErrors = errors !== this.lastErrors && this.clock.monotonic() - this.lastMs >= ERRORS_INTERVAL_MS;
    if (text === this.lastBody && !this.turns.isBehind(body.targets) && !isOfErrors) return;
    this.lastBody = text;
    this.lastErrors = errors;
    this.lastMs = this.clock.monotonic();
    this.count += 1;
    this.turns.forgetAllBut(new Set(body.targets.map(({ name }) => name)));
    const targets = this.turns.inTurn(body.targets);
    const told = { ...body, ...(work && { work }) };
    const reports = body.done ? this.untilAllIsTold(told, targets, countedMs) : [this.next(told, targets, countedMs)];
    this.lastLines = reports.map((report) => `${JSON.stringify(report)}\n`).join('');
    this.writeLines(this.lastLines);
    this.writeTermination({ ...(reports.at(-1) as Report), targets });
  }

  /** The last words are as many lines as it takes to tell of every target once more; the last one says that it is. */
  private untilAllIsTold(body: Told, targets: ReportedTarget[], countedMs: number | undefined): Report[] {
    const reports: Report[] = [];
    for (let left = targets; ; ) {
      const report = this.next({ ...body, phase: 'Draining', done: false }, left, countedMs);
      const told = new Set(report.targets.map(({ name }) => name));
      left = left.filter(({ name }) => !told.has(name));
      if (left.length === 0 || told.size === 0) return [...reports, { ...report, phase: body.phase, done: true }];
      reports.push(report);
    }
  }

  /** What fits in one line of what is to be told, in the order of the body. */
  private next(body: Told, targets: ReportedTarget[], countedMs: number | undefined): Report {
    this.number += 1;
    const report: Report = { ...body, targets, number: this.number, time: new Date(this.clock.now()).toISOString(), ...(countedMs !== undefined && { countedTime: new Date(countedMs).toISOString() }) };
    const fitted = fitReport(report, REPORT_MAX_BYTES - 1);
    const told = new Map(fitted.targets.map((target) => [target.name, target]));
    this.turns.tell(body.targets.filter(({ name }) => told.has(name)), this.number);
    return { ...fitted, targets: body.targets.flatMap(({ name }) => told.get(name) ?? []) };
  }

  private writeTermination(report: Report): void {
    try {
      writeTerminationMessage(this.terminationLog, report);
    } catch (error) {
      if (this.terminationLogWorks) this.log.warn({ error: String(error), path: this.terminationLog }, 'termination message could not be written');
      this.terminationLogWorks = false;
    }
  }
}

/** In place: the kubelet mounts this one file. */
export const writeTerminationMessage = (path: string, report: Report): void => writeFileSync(path, JSON.stringify(fitTotals(report, TERMINATION_MAX_BYTES)));
