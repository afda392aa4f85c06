// The operator's configuration, as decisions use it.
import { INSTALLATION } from '../api/installation.js';
import type { CapturePrivileges } from './privileges.js';

export interface PlanConfig {
  /** Namespace of the capture Jobs, their Secrets and the run records. */
  jobsNamespace: string;
  /** Image of the capture Jobs, and what pulls it. */
  agentImage: string;
  imagePullSecrets: string[];
  /** What capture containers may do on their node. */
  capturePrivileges: CapturePrivileges;
  /** A capture pod that does not run by then is a failed start. */
  startDeadlineMs: number;
  /** How long a run waits for a new pod of the name once its target is gone. */
  targetGraceMs: number;
  /** A run of which nothing more is delivered for so long after it stopped is Failed, until something is. */
  uploadDeadlineMs: number;
  /** A node that can't be asked for so long is lost to its runs. */
  nodeLostAfterMs: number;
  /** How long Job and Secret stay after their result is stored. */
  finishedJobTTLMs: number;
  /** How long a deleted object waits for its packets. */
  deletionDrainMs: number;
  /** Longest duration that a capture may ask for. */
  maxDurationMs: number;
  /** Most captured bytes that a target of a capture may ask for, unless it is a recorder. */
  maxSizeBytes: number;
  /** Largest spool that a capture may ask for, in bytes. */
  maxSpoolBytes: number;
  /** Largest kernel buffer that a capture may ask for, in bytes. */
  maxBufferBytes: number;
  /** Most bytes of a packet that a capture may ask for. */
  maxSnapLength: number;
  /** Most pods at a time that a capture may ask for. */
  maxTargets: number;
  /** Most captures of a namespace that run at a time; Infinity: any number. */
  maxCapturesPerNamespace: number;
  /** Most runs that have an agent on a node at a time; Infinity: any number. */
  maxCapturesPerNode: number;
  /** Fraction of a node's file system that spools leave free. */
  spoolReserveFraction: number;
  /** How long undelivered files stay on a node. */
  spoolRetentionSeconds: number;
  /** Whether pods on the node's own network may be captured. */
  allowHostNetwork: boolean;
  logLevel: string;
}

export const DEFAULT_PLAN_CONFIG: Omit<PlanConfig, 'agentImage'> = {
  jobsNamespace: INSTALLATION.jobsNamespace,
  imagePullSecrets: [],
  capturePrivileges: 'Privileged',
  startDeadlineMs: 120_000,
  targetGraceMs: 60_000,
  uploadDeadlineMs: 10 * 60_000,
  nodeLostAfterMs: 5 * 60_000,
  finishedJobTTLMs: 60_000,
  deletionDrainMs: 60_000,
  maxDurationMs: 24 * 3_600_000,
  maxSizeBytes: Infinity,
  maxSpoolBytes: 10 * 2 ** 30,
  maxBufferBytes: 256 * 2 ** 20,
  maxSnapLength: 262_144,
  maxTargets: 50,
  maxCapturesPerNamespace: 20,
  maxCapturesPerNode: 20,
  spoolReserveFraction: 0.15,
  spoolRetentionSeconds: 24 * 3600,
  allowHostNetwork: false,
  logLevel: 'info',
};
