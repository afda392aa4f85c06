// Writes reports: when something changed, at most one a second, the final one at once.
import { writeFileSync } from 'node:fs';
import { REPORT_MAX_BYTES, TERMINATION_MAX_BYTES, type Report } from '../../protocol/report.js';
import type { Clock } from '../clock.js';
import type { ReportBody } from './build.js';
import { fitReport, withoutFiles } from './fit.js';

const INTERVAL_MS = 1000;

export interface ReportWriterLog {
  warn(fields: object, message: string): void;
}

export class ReportWriter {
  /** Reports written by this process. */
  count = 0;
  /** The newest, as it was written. */
  lastLine = '';
  private terminationLogWorks = true;
  private lastBody = '';
  private lastMs = -Infinity;

  constructor(
    private number: number,
    private readonly terminationLog: string,
    private readonly clock: Clock,
    private readonly writeLine: (line: string) => void,
    private readonly log: ReportWriterLog,
  ) {}

  /** Whether a report may be written now without exceeding one a second. */
  get isDue(): boolean {
    return this.clock.monotonic() - this.lastMs >= INTERVAL_MS;
  }

  /** Writes the report where it says something new. `countedMs`: all that had arrived by then is in it (ms since the epoch); that time goes by is nothing new. */
  write(body: ReportBody, countedMs?: number): void {
    const text = JSON.stringify(body);
    if (text === this.lastBody) return;
    this.lastBody = text;
    this.lastMs = this.clock.monotonic();
    this.number += 1;
    this.count += 1;
    const report: Report = { ...body, number: this.number, time: new Date(this.clock.now()).toISOString(), ...(countedMs !== undefined && { countedTime: new Date(countedMs).toISOString() }) };
    this.lastLine = `${fitReport(report, REPORT_MAX_BYTES - 1)}\n`;
    this.writeLine(this.lastLine);
    try {
      writeTerminationMessage(this.terminationLog, report);
    } catch (error) {
      if (this.terminationLogWorks) this.log.warn({ error: String(error), path: this.terminationLog }, 'termination message could not be written');
      this.terminationLogWorks = false;
    }
  }
}

/** In place: the kubelet mounts this one file. */
export const writeTerminationMessage = (path: string, report: Report): void => writeFileSync(path, fitReport(withoutFiles(report), TERMINATION_MAX_BYTES));
