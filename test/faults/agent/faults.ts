// The faults of the agent level.
import type { Fault } from '../framework/trial.js';
import { KILLED_AGENT } from './killed-agent.js';
import { KILLED_TCPDUMP } from './killed-tcpdump.js';

export const AGENT_FAULTS: Fault[] = [...KILLED_AGENT, ...KILLED_TCPDUMP];
