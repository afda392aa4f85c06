// What no agent makes in a spool, a link, a pipe, a device, a folder in place of a file: taken from there before anything is opened.
// Whoever may write to the node's folder of spools could otherwise have an agent, which is root, read or cut files elsewhere.
import { lstatSync, readdirSync, rmSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { capturesFolder, segmentsFolder } from './folders.js';

const PATHS_TOLD = 10;

export interface StrangersLog {
  warn(fields: object, message: string): void;
}

/** Removes them as they stand, links as links: what they lead to is not touched. The caller holds the spool's lock. */
export function removeStrangers(spool: string, log: StrangersLog): void {
  const paths = strangersOf(spool);
  for (const path of paths) rmSync(path, { recursive: true, force: true });
  if (paths.length > 0) log.warn({ count: paths.length, paths: paths.slice(0, PATHS_TOLD) }, 'removed from the spool: no agent made that there');
}

function strangersOf(spool: string): string[] {
  const [captures, segments] = [capturesFolder(spool), segmentsFolder(spool)];
  const targets = childrenOf(captures);
  const starts = targets.flatMap(childrenOf);
  return [
    ...childrenOf(spool).filter((path) => isNot(path, (entry) => entry.isFile() || entry.isDirectory())),
    ...[captures, segments, ...targets, ...starts].filter((path) => isNot(path, (entry) => entry.isDirectory())),
    ...[join(spool, 'journal'), join(spool, 'journal.next'), ...[...starts, segments].flatMap(childrenOf)].filter((path) => isNot(path, isOwnFile)),
  ];
}

/** A file of two names may be somebody else's under the other one. */
const isOwnFile = (entry: Stats): boolean => entry.isFile() && entry.nlink === 1;

/** undefined: nothing is there, or the disk does not say. */
function entryAt(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function isNot(path: string, kind: (entry: Stats) => boolean): boolean {
  const entry = entryAt(path);
  return entry !== undefined && !kind(entry);
}

/** None where it cannot be read: that is for those who look for files in it. */
function childrenOf(folder: string): string[] {
  try {
    return entryAt(folder)?.isDirectory() ? readdirSync(folder).map((name) => join(folder, name)) : [];
  } catch {
    return [];
  }
}
