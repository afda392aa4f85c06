// Whether a line of the journal names only what is in the spool: whoever may write there could otherwise name any file of the node.
import { isSavefile } from '../tcpdump/file-name.js';
import { isTargetName } from '../target/name.js';
import type { SpoolEvent } from './events.js';
import { parseSavefileID, type SpoolState } from './state.js';

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

interface Names {
  target?: unknown;
  name?: unknown;
  attempt?: unknown;
  start?: unknown;
  sequence?: unknown;
  number?: unknown;
}

const COUNTS = ['attempt', 'start', 'sequence', 'number'] as const;

function checkNames(names: Names): void {
  if (names.target !== undefined && !isTargetName(names.target)) throw new Error('a target of an impossible name');
  if (names.name !== undefined && !(typeof names.name === 'string' && isSavefile(names.name))) throw new Error('a savefile of an impossible name');
  for (const count of COUNTS) if (names[count] !== undefined && !isCount(names[count])) throw new Error(`${count} is no number`);
}

/** Throws where an event would lead out of the spool. */
export function checkEvent(event: SpoolEvent): void {
  checkNames(event as Names);
  if (event.type === 'closed') checkFile(event.file);
  if (event.type === 'targetsSealed') for (const target of event.targets) checkNames({ target });
}

/** A file needs all of its names. */
function checkFile(file: Names): void {
  if (file.target === undefined || file.name === undefined || [file.attempt, file.start, file.sequence].some((value) => value === undefined)) throw new Error('a file without its names');
  checkNames(file);
}

/** Throws where a checkpoint would. */
export function checkState({ targets, pending, leaving, cuts, segments, sealedTargets }: SpoolState): void {
  for (const [name, target] of Object.entries(targets)) checkNames({ target: name === target.name ? name : '' });
  for (const file of [...Object.values(pending), ...Object.values(leaving)]) checkFile(file);
  for (const id of Object.keys(cuts)) checkFile({ ...parseSavefileID(id), sequence: 0 });
  for (const { number } of [...segments, ...sealedTargets.segments]) checkNames({ number });
}
