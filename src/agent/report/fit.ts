// A report in a bounded number of bytes: details go first, totals never.
import { shortened } from '../../api/printable.js';
import type { Report, ReportedTarget } from '../../protocol/report.js';

const MESSAGE_CHARACTERS = 300;
const SHORT_MESSAGE_CHARACTERS = 80;
/** Where there is no room for all targets, files do not take theirs. */
const FILES_BESIDE_TARGETS = 2;

function withMessages(report: Report, characters: number): Report {
  const targets = report.targets.map((t): ReportedTarget => ({ ...t, ...(t.message !== undefined && { message: shortened(t.message, characters) }) }));
  const delivery = report.delivery?.message === undefined ? report.delivery : { ...report.delivery, message: shortened(report.delivery.message, characters) };
  return { ...report, targets, ...(delivery && { delivery }) };
}

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

/** The targets that stand first, as many as there is room for. */
function withTargetsThatFit(report: Report, maxBytes: number): Report {
  let roomBytes = maxBytes - bytesOf({ ...report, targets: [] });
  const left = report.targets.findIndex((target) => (roomBytes -= bytesOf(target) + 1) < 0);
  return left < 0 ? report : { ...report, targets: report.targets.slice(0, left) };
}

/**
 * One line of at most `maxBytes`. The oldest files are dropped, then long messages are cut, then all snapshots but the newest go, then
 * the targets that stand last, then the last files and snapshots. What the agent's own work took stays: it takes half a target's place,
 * and targets have their turn with the next report.
 */
export function fitReport(report: Report, maxBytes: number): Report {
  let fitted = withMessages(report, MESSAGE_CHARACTERS);
  const isTooLarge = (): boolean => bytesOf(fitted) > maxBytes;
  while (isTooLarge() && fitted.recentFiles.length > FILES_BESIDE_TARGETS) fitted = { ...fitted, recentFiles: fitted.recentFiles.slice(0, -1) };
  if (isTooLarge()) fitted = withMessages(fitted, SHORT_MESSAGE_CHARACTERS);
  if (isTooLarge()) fitted = { ...fitted, snapshots: fitted.snapshots.slice(-1) };
  const all = fitted.targets;
  fitted = withTargetsThatFit(fitted, maxBytes);
  if (isTooLarge() || fitted.targets.length < Math.min(1, all.length)) fitted = withTargetsThatFit({ ...fitted, targets: all, recentFiles: [] }, maxBytes);
  if (isTooLarge()) fitted = { ...fitted, snapshots: [] };
  return isTooLarge() ? withoutWork(fitted) : fitted;
}

/** The totals, for the termination message: no files, and the agent's own work only where there is room for all else. */
export function fitTotals(report: Report, maxBytes: number): Report {
  const totals = { ...report, recentFiles: [] };
  return fitReport(bytesOf(totals) > maxBytes ? withoutWork(totals) : totals, maxBytes);
}

const withoutWork = ({ work: _work, ...report }: Report): Report => report;
