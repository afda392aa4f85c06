// Manifest: one attempt's full record, an object beside the files. Fixed for ever: fields are only added.
import * as z from 'zod';
import { ledgerSchema } from './ledger.js';
import { snapshotSchema } from './snapshot.js';

export const MANIFEST_SCHEMA_VERSION = 1;

export const manifestFileSchema = z.object({
  /** Key in the bucket; absent for a file that never got there. Of a discarded file: the object of this size and SHA-256 was sent, and may be there. */
  key: z.string().optional(),
  target: z.string(),
  attempt: z.number().int().positive(),
  sequence: z.number().int().positive(),
  /** uploaded | pending | discarded */
  state: z.string(),
  /** RingOverwrote, SpoolFull, DrainExpired, … where discarded. Files that a flight recorder's ring let go are not listed. */
  reason: z.string().optional(),
  /** Bytes of the object. */
  size: z.number().int().nonnegative(),
  /** Bytes of pcap, where the object is compressed: what the ledger counts. */
  pcapBytes: z.number().int().nonnegative().optional(),
  sha256: z.string().optional(),
  etag: z.string().optional(),
  packets: z.number().int().nonnegative(),
  openedTime: z.string(),
  firstPacketTime: z.string().optional(),
  lastPacketTime: z.string().optional(),
});
export type ManifestFile = z.infer<typeof manifestFileSchema>;

export const manifestGapSchema = z.object({ target: z.string(), from: z.string(), to: z.string(), reason: z.string() });
export type ManifestGap = z.infer<typeof manifestGapSchema>;

export const manifestTargetSchema = z.object({
  name: z.string(),
  podName: z.string(),
  podUID: z.string(),
  podIPs: z.array(z.string()),
  interface: z.string(),
  /** The link type of its files, as tcpdump names it (LINUX_SLL2, EN10MB). */
  linkType: z.string().optional(),
  /** Command line of its newest tcpdump: targets share the node's buffers and spool. Absent of older agents. */
  argv: z.array(z.string()).optional(),
  /** The netns' interfaces: LINUX_SLL2 packets carry only their index. */
  interfaces: z.array(z.object({ index: z.number().int(), name: z.string(), mac: z.string().optional() })).default([]),
  state: z.string(),
  reason: z.string().optional(),
  message: z.string().optional(),
  stopReason: z.string().optional(),
  captureStartTime: z.string().optional(),
  stopTime: z.string().optional(),
  ledger: ledgerSchema,
});
export type ManifestTarget = z.infer<typeof manifestTargetSchema>;

export const manifestSchema = z.object({
  schemaVersion: z.literal(MANIFEST_SCHEMA_VERSION),
  runID: z.string(),
  capture: z.object({ namespace: z.string(), name: z.string(), uid: z.string() }),
  node: z.string(),
  attempt: z.number().int().positive(),
  spool: z.string(),
  writtenTime: z.string(),
  /** True: nothing will follow from this attempt. */
  final: z.boolean(),
  /** `argv`: of the first target. */
  tcpdump: z.object({ version: z.string(), argv: z.array(z.string()) }),
  ledger: ledgerSchema,
  discards: z.record(z.string(), z.number().int().nonnegative()),
  targets: z.array(manifestTargetSchema),
  gaps: z.array(manifestGapSchema),
  /** The newest snapshots. */
  snapshots: z.array(snapshotSchema).default([]),
  /** Every file of this node's spool, those of earlier attempts that shared it too: of two entries with one key the one in the highest attempt's manifest counts. */
  files: z.array(manifestFileSchema),
  /** Objects beside this one that hold further entries of `files`, oldest first, each a JSON array. */
  segments: z.array(z.object({ key: z.string(), sha256: z.string(), files: z.number().int().nonnegative() })).default([]),
  /** Objects beside this one that hold further entries of `targets`, of those that ended first, each a JSON array. Absent of older agents. */
  targetSegments: z.array(z.object({ key: z.string(), sha256: z.string(), targets: z.number().int().nonnegative() })).default([]),
});
export type Manifest = z.infer<typeof manifestSchema>;
