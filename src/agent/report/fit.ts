// A report in a bounded number of bytes: details go first, totals never.
import type { Report, ReportedTarget } from '../../protocol/report.js';

const MESSAGE_CHARACTERS = 300;
const SHORT_MESSAGE_CHARACTERS = 80;

const shortened = (text: string | undefined, characters: number): string | undefined => (text !== undefined && text.length > characters ? `${text.slice(0, characters - 3)}...` : text);

function withMessages(report: Report, characters: number): Report {
  const targets = report.targets.map((t): ReportedTarget => ({ ...t, ...(t.message !== undefined && { message: shortened(t.message, characters) }) }));
  const delivery = report.delivery?.message === undefined ? report.delivery : { ...report.delivery, message: shortened(report.delivery.message, characters) };
  return { ...report, targets, ...(delivery && { delivery }) };
}

const bytesOf = (report: Report): number => Buffer.byteLength(JSON.stringify(report));

/**
 * One line of at most `maxBytes`. Files are dropped from the oldest on, then long messages are cut, then all snapshots but the newest
 * go, then the targets that have ended in order (whose numbers stay in the sum), then the others.
 */
export function fitReport(report: Report, maxBytes: number): string {
  let fitted = withMessages(report, MESSAGE_CHARACTERS);
  while (bytesOf(fitted) > maxBytes && fitted.recentFiles.length > 0) fitted = { ...fitted, recentFiles: fitted.recentFiles.slice(0, -1) };
  if (bytesOf(fitted) > maxBytes) fitted = withMessages(fitted, SHORT_MESSAGE_CHARACTERS);
  while (bytesOf(fitted) > maxBytes && fitted.snapshots.length > 1) fitted = { ...fitted, snapshots: fitted.snapshots.slice(1) };
  const dispensable = (t: ReportedTarget): boolean => t.state === 'Ended';
  while (bytesOf(fitted) > maxBytes && fitted.targets.length > 0) {
    const at = fitted.targets.findIndex(dispensable);
    fitted = { ...fitted, targets: fitted.targets.filter((_, index) => index !== Math.max(0, at)) };
  }
  if (bytesOf(fitted) > maxBytes) fitted = { ...fitted, snapshots: [] };
  return JSON.stringify(fitted);
}

/** The totals, for the termination message. */
export const withoutFiles = (report: Report): Report => ({ ...report, recentFiles: [] });
