// What must be true before tcpdump is given an interface and a filter, checked in the target's own netns.
import type { FileHandle } from 'node:fs/promises';
import { interfaceProblem } from '../api/interface-name.js';
import { TARGET_REASON } from '../api/reasons.js';
import type { RunChild } from '../tcpdump/child.js';
import { deviceNames } from './netns/addresses.js';
import { readInNetns } from './netns/locate.js';
import type { FilterCompiler } from '../tcpdump/filter-compiler.js';
import type { LinkTypes } from './tcpdump/link-type.js';

/** The target cannot be captured as it is asked for, however often it is tried. */
export class PermanentProblem extends Error {
  constructor(
    readonly reason: string,
    message: string,
  ) {
    super(message);
  }
}

/** What keeps tcpdump from running now may pass by itself, and is waited for. */
export class PassingProblem extends Error {
  constructor(
    readonly reason: string,
    message: string,
  ) {
    super(message);
  }
}

export interface PreparationTools {
  run: RunChild;
  compiler: Pick<FilterCompiler, 'problem'>;
  linkTypes: Pick<LinkTypes, 'of'>;
}

/** The link type that tcpdump will write. Throws a PermanentProblem for a bad interface or filter, and any other error where trying again may help. */
export async function prepare({ run, compiler, linkTypes }: PreparationTools, netns: FileHandle, device: string, filter: string): Promise<string> {
  const unusable = interfaceProblem(device);
  if (unusable !== undefined) throw new PermanentProblem(TARGET_REASON.invalidInterface, `interface ${unusable}`);
  // No tcpdump sees a name before it is known to be an interface's.
  if (device !== 'any') await mustHave(run, netns, device);
  const linkType = await linkTypes.of(netns, device);
  const problem = await compiler.problem(filter, linkType);
  if (problem !== undefined) throw new PermanentProblem(TARGET_REASON.invalidFilter, `filter ${JSON.stringify(filter)} does not suit interface "${device}" (${linkType}): ${problem}`);
  return linkType;
}

async function mustHave(run: RunChild, netns: FileHandle, device: string): Promise<void> {
  const devices = deviceNames(await readInNetns(run, netns, 'dev'));
  // There is always lo: an empty list was not read.
  if (devices.length === 0) throw new Error("the interfaces of the pod's network namespace could not be read");
  if (!devices.includes(device)) throw new PermanentProblem(TARGET_REASON.interfaceNotFound, `interface "${device}": the pod has no such interface; it has ${devices.join(', ')}; or use "any"`);
}
