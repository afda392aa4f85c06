// What is asked before control says which pods: it is the same for all of them, and takes as long as what follows.
import type { JobConfig } from '../protocol/job-config.js';
import type { RunChild } from '../tcpdump/child.js';
import { FilterCompiler } from '../tcpdump/filter-compiler.js';
import { PodProcesses } from './netns/processes.js';
import { AHEAD } from './priority.js';
import { LinkTypes } from './tcpdump/link-type.js';

export interface Ahead {
  processes: PodProcesses;
  linkTypes: LinkTypes;
  compiler: FilterCompiler;
}

/** Begins to ask. What fails is asked again by whoever needs it, and told then. */
export function askAhead(run: RunChild, { tcpdump }: Pick<JobConfig, 'tcpdump'>): Ahead {
  const ahead = { processes: new PodProcesses(), linkTypes: new LinkTypes(run), compiler: new FilterCompiler(run, ['nice', '-n', String(-AHEAD), 'unshare', '--net']) };
  ahead.processes.lookAhead();
  if (tcpdump.interface === 'any') ahead.linkTypes.any().then((linkType) => ahead.compiler.problem(tcpdump.filter, linkType)).catch(() => undefined);
  return ahead;
}
