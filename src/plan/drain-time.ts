// How long a deleted object still waits for its packets.
import type { CaptureObject } from './objects.js';
import type { World } from './world.js';

/** ms; at most 0 once it goes, delivered or not. Infinity where it is not deleted. */
export function drainLeftMs({ metadata: { deletionTimestamp } }: CaptureObject, { now, config }: Pick<World, 'now' | 'config'>): number {
  return deletionTimestamp === undefined ? Infinity : Date.parse(deletionTimestamp) + config.deletionDrainMs - now;
}
