// What is known of an agent by all that was heard of it: a report is bounded, so what it has no room for stays as an earlier one said.
import { parseReport, type Report, type ReportedFile, type ReportedTarget } from './report.js';
import type { Snapshot } from './snapshot.js';

const RECENT_FILES_KEPT = 10;
export const SNAPSHOTS_KEPT = 5;

/** A report in the order in which the agent wrote them. */
export const isNewer = (a: Report, b: Report): boolean => a.attempt > b.attempt || (a.attempt === b.attempt && a.number > b.number);

/** Two reports as one. Of another spool the newer one says nothing of what the older one counted: it stands alone. */
export function together(a: Report, b: Report): Report {
  const [older, newer] = isNewer(a, b) ? [b, a] : [a, b];
  if (older.spool !== newer.spool) return newer;
  const work = newer.work ?? older.work;
  return { ...newer, ...(work && { work }), targets: mergeTargets(older, newer), recentFiles: mergeFiles(older.recentFiles, newer.recentFiles), snapshots: mergeSnapshots(older.snapshots, newer.snapshots) };
}

/** Of each target what was said of it last. Numbers grow with the spool, over all of its agents. */
function mergeTargets(older: Report, newer: Report): ReportedTarget[] {
  const said = [older, newer].flatMap(({ number, targets }) => targets.map(({ asOf = number, ...target }) => ({ asOf, target })));
  const last = new Map<string, (typeof said)[number]>();
  for (const one of said) if (one.asOf >= (last.get(one.target.name)?.asOf ?? 0)) last.set(one.target.name, one);
  return [...last.values()].map(({ asOf, target }) => (asOf === newer.number ? target : { ...target, asOf }));
}

function mergeFiles(older: ReportedFile[], newer: ReportedFile[]): ReportedFile[] {
  return [...newer, ...older.filter(({ key }) => !newer.some((file) => file.key === key))].slice(0, RECENT_FILES_KEPT);
}

/** The newest, oldest first. */
function mergeSnapshots(older: Snapshot[], newer: Snapshot[]): Snapshot[] {
  const merged = [...older.filter((s) => !newer.some(({ token }) => token === s.token)), ...newer];
  return merged.sort((a, b) => a.time.localeCompare(b.time)).slice(-SNAPSHOTS_KEPT);
}

/** All whole, valid reports of one run in the tail of a container's log, together; lines that are none are passed over. */
export function heard(logTail: string, runID: string, podUID: string): Report | undefined {
  const reports = logTail.split('\n').flatMap((line) => parseReport(line) ?? []);
  return reports.filter((report) => report.runID === runID && report.podUID === podUID).reduce<Report | undefined>((known, report) => (known ? together(known, report) : report), undefined);
}
