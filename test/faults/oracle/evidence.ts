// What a trial leaves behind: what was sent, what the bucket holds, and what the product says of it.
import type { Ledger } from '../../../src/protocol/ledger.js';
import type { Manifest, ManifestFile } from '../../../src/protocol/manifest.js';

export interface SentPacket {
  number: number;
  /** The target that it was sent to. */
  target: string;
  /** The kernel had it between these two, ms since the epoch. */
  fromMs: number;
  untilMs: number;
}

/** A capture in the bucket, as read there. */
export interface StoredFile {
  key: string;
  target: string;
  size: number;
  sha256: string;
  /** All records, numbered or not. */
  packets: number;
  numbers: number[];
}

/** A manifest with the entries of its segments. */
export interface WholeManifest extends Manifest {
  allFiles: ManifestFile[];
}

/** What the status says: at the level of agents, what their reports amount to. */
export interface Stated {
  ledger: Ledger;
  gaps: { count: number; seconds: number };
  /** Of these, the ones of spools that were lost: from what the last report counts to when the next agent listened. No manifest has them. */
  unheard?: { target: string; fromMs: number; toMs: number }[];
  /** Packets discarded against the user's wish, by reason. */
  discards: Record<string, number>;
}

/** A stretch in which something was wrong, up to when all was seen to work again. */
export interface Disturbance {
  fromMs: number;
  toMs: number;
}

export interface Evidence {
  /** All that the capture had to see. */
  sent: SentPacket[];
  stored: StoredFile[];
  manifests: WholeManifest[];
  stated: Stated;
  disturbances: Disturbance[];
  /** Most bytes of the spool on the node's disk, and its bound. */
  spool: { peakBytes: number; boundBytes: number };
  /** Highest VmHWM of an agent. */
  peakMemoryBytes: number;
}
