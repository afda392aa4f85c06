// The faults of the cluster level.
import type { Fault } from '../framework/trial.js';

export const CLUSTER_FAULTS: Fault[] = [];
