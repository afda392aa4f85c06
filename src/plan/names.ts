// Deterministic names of what a run consists of in the cluster.
import { createHash } from 'node:crypto';

const hash = (text: string, length: number): string => createHash('sha256').update(text).digest('hex').slice(0, length);

/** Name of the Job of a run on a node: the same at every try, so that a second create finds the first. */
export const jobName = (runID: string, captureUID: string, node: string): string => `pktcap-${runID.toLowerCase()}-${hash(`${captureUID}/${runID}/${node}`, 10)}`;

/** Name of the Secret with the bucket's keys of one run. */
export const secretName = (runID: string, captureUID: string): string => `pktcap-${runID.toLowerCase()}-${hash(`${captureUID}/${runID}`, 10)}`;

/** Name of the Job that sweeps a node. */
export const sweepJobName = (node: string): string => `pktcap-sweep-${hash(node, 10)}`;

/** Name of the run's folder under the spool root of a node. */
export const spoolDirectory = (runID: string, captureUID: string): string => `${captureUID}.${runID}`;
