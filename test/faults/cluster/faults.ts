// The faults of the cluster level.
import type { Fault } from '../framework/trial.js';
import { NODES } from './nodes.js';
import { OBJECTS } from './objects.js';
import { OPERATORS } from './operators.js';

export const CLUSTER_FAULTS: Fault[] = [...OPERATORS, ...OBJECTS, ...NODES];
