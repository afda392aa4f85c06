// The faults of the agent level.
import type { Fault } from '../framework/trial.js';
import { ADDRESSING } from './addressing.js';
import { BUCKET } from './bucket.js';
import { DISK } from './disk.js';
import { KILLED_AT_INSTRUCTIONS } from './instructions.js';
import { JOURNAL } from './journal.js';
import { KILLED_AGENT } from './killed-agent.js';
import { KILLED_TCPDUMP } from './killed-tcpdump.js';
import { MEMORY } from './memory.js';
import { RECORDER } from './recorder.js';
import { TARGETS } from './targets.js';

export const AGENT_FAULTS: Fault[] = [...KILLED_AGENT, ...KILLED_AT_INSTRUCTIONS, ...MEMORY, ...KILLED_TCPDUMP, ...DISK, ...BUCKET, ...JOURNAL, ...TARGETS, ...RECORDER, ...ADDRESSING];
