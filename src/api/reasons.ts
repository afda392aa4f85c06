// Condition types, and the reasons that code names. What each reason means is in reason-table.ts.
import type { Reason } from './reason-table.js';

export const CONDITION = {
  accepted: 'Accepted',
  capturing: 'Capturing',
  delivered: 'Delivered',
  lossDetected: 'LossDetected',
  complete: 'Complete',
  failed: 'Failed',
  finished: 'Finished',
  ready: 'Ready',
  reconciling: 'Reconciling',
  stalled: 'Stalled',
  /** Of a destination. */
  default: 'Default',
} as const;
export type ConditionType = (typeof CONDITION)[keyof typeof CONDITION];

/** Why capturing ended. An open set: readers keep what they do not know. */
export const STOP_REASON = {
  duration: 'Duration',
  maxSize: 'MaxSize',
  maxPackets: 'MaxPackets',
  /** Of a target: newer than those that a lowered maxTargets leaves. */
  maxTargets: 'MaxTargets',
  requested: 'Requested',
  suspended: 'Suspended',
  deleted: 'Deleted',
  superseded: 'Superseded',
  targetGone: 'TargetGone',
  nodeLost: 'NodeLost',
  nodeDrained: 'NodeDrained',
  failed: 'Failed',
} as const satisfies Record<string, Reason>;
export type StopReason = (typeof STOP_REASON)[keyof typeof STOP_REASON];

/** Why packets were given up. `Released`: by a flight recorder whose ring turned, as it was asked to. */
export const DISCARD_REASON = { released: 'Released', ringOverwrote: 'RingOverwrote', spoolFull: 'SpoolFull', spoolLost: 'SpoolLost', drainExpired: 'DrainExpired', damaged: 'Damaged' } as const satisfies Record<string, Reason>;

/** Why a target could not be captured, as the agent found it in the target's own network namespace. */
export const TARGET_REASON = {
  networkNamespaceNotFound: 'NetworkNamespaceNotFound',
  hostNetwork: 'HostNetwork',
  interfaceNotFound: 'InterfaceNotFound',
  invalidInterface: 'InvalidInterface',
  invalidFilter: 'InvalidFilter',
  tcpdumpFailed: 'TcpdumpFailed',
  /** The node's disk does not give back what tcpdump wrote to it. */
  spoolUnreadable: 'SpoolUnreadable',
  /** The spool is too small for the files of one more target. */
  spoolTooSmall: 'SpoolTooSmall',
  /** Nothing can be written to the node's disk. */
  nodeDiskFull: 'NodeDiskFull',
} as const satisfies Record<string, Reason>;

/** What the bucket says. */
export const DELIVERY_REASON = {
  bucketUnreachable: 'BucketUnreachable',
  /** The endpoint did not prove who it is: unknown authority, expired, another host. */
  tlsFailed: 'TLSFailed',
  accessDenied: 'AccessDenied',
  bucketNotFound: 'BucketNotFound',
  clockSkew: 'ClockSkew',
  storeError: 'StoreError',
  verificationFailed: 'VerificationFailed',
  /** Not the bucket: the file could not be compressed on the node. */
  compressionFailed: 'CompressionFailed',
} as const satisfies Record<string, Reason>;

/** What a destination says of itself, besides what its bucket says. */
export const DESTINATION_REASON = {
  bucketUsable: 'BucketUsable',
  notProbed: 'NotProbed',
  credentialsNotFound: 'CredentialsNotFound',
  serviceAccountNotFound: 'ServiceAccountNotFound',
  caNotFound: 'CANotFound',
  invalidCA: 'InvalidCA',
  onlyDefault: 'OnlyDefault',
  newestDefault: 'NewestDefault',
  olderDefault: 'OlderDefault',
  newerDefault: 'NewerDefault',
} as const satisfies Record<string, Reason>;
