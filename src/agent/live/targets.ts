// The targets of an agent as a live session sees them.
import type { Captures } from '../captures.js';
import { folderOfTarget } from '../spool/folders.js';
import type { Spool } from '../spool/spool.js';
import { hasEnded } from '../spool/state.js';
import type { SessionTargets } from './session.js';
import type { StreamedTarget } from './stream.js';

/** The few things about captures that streams need. */
export type Streamed = Pick<Captures, 'tailOf' | 'isOver'>;

export function targetsOf(spool: Pick<Spool, 'folder' | 'state'>, captures: Streamed): SessionTargets {
  const find = (name: string): StreamedTarget | undefined => {
    if (!Object.hasOwn(spool.state.targets, name)) return undefined;
    return { name, folder: folderOfTarget(spool.folder, name), tail: () => captures.tailOf(name), isOver: () => isOver(name) };
  };
  // One that ended long ago has left the state.
  const isOver = (name: string): boolean => {
    const target = Object.hasOwn(spool.state.targets, name) ? spool.state.targets[name] : undefined;
    return !target || (hasEnded(target) && captures.isOver(name));
  };
  return { names: () => Object.keys(spool.state.targets), find };
}
