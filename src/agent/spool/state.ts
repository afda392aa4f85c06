// The spool's state: what its journal amounts to. What is settled is kept as sums, and as entries only until a segment is sealed.
import { STOP_REASON } from '../../api/reasons.js';
import { emptyLedger, type Ledger } from '../../protocol/ledger.js';
import type { ManifestFile } from '../../protocol/manifest.js';
import type { ReportedFile } from '../../protocol/report.js';
import type { Moment } from '../clock.js';
import type { NetworkInterface } from '../netns/interfaces.js';
import { parseStartFolder, startFolder } from '../tcpdump/file-name.js';
import type { Share, SpoolFile, StartID } from './events.js';

export interface Gap {
  target: string;
  fromUs: number;
  toUs: number;
  reason: string;
}

export interface TargetState {
  name: string;
  podName: string;
  podUID: string;
  podIPs: string[];
  linkType?: string;
  interfaces: NetworkInterface[];
  nextSequence: number;
  nextStart: number;
  /** uploaded and discarded only; what is pending is counted from the files. */
  settled: Ledger;
  /** The tcpdump that drops are being counted for; those of earlier ones are in `settled`. */
  drops: { attempt: number; start: number; kernel: number; interface: number };
  /** The tcpdump that was started and whose end was not recorded. */
  running?: { attempt: number; start: number };
  /** Attempt of the last tcpdump that was started. */
  lastAttempt?: number;
  /** What that one was given; absent in what earlier agents wrote. */
  share?: Share;
  captureStartMs?: number;
  listeningUs?: number;
  quietUs?: number;
  /** Up to here all that it captured was seen to be in its files. */
  writtenUs?: number;
  /** Packets in its closed files; absent where that is not known. */
  closedPackets?: number;
  /** When it began to listen, was last seen quiet, and its latest packet in a closed file: of the last tcpdump started. */
  lastPacketUs?: number;
  /** Up to here nothing is missing but what gaps say; set while no tcpdump listens after one did. The next gap begins here. */
  coveredUs?: number;
  exitMs?: number;
  /** Files up to this number are wanted in the bucket, whatever the policy: a snapshot or a suspension asked for them. */
  wantedSequence?: number;
  /** When it was suspended; set until a tcpdump listens again. */
  suspendedMs?: number;
  stopReason?: string;
  stopMs?: number;
  failure?: { reason: string; message: string };
}

export interface Segment {
  number: number;
  key: string;
  sha256: string;
  files: number;
  uploaded: boolean;
}

/** Entries of the manifest's targets that left the state. */
export interface TargetSegment {
  number: number;
  key: string;
  sha256: string;
  targets: number;
  uploaded: boolean;
}

/** A savefile of which a part became a file while tcpdump wrote on in it. */
export interface CutSavefile {
  /** Up to here it is recorded in files. */
  to: number;
  /** tcpdump may still write to it. */
  open: boolean;
}

export interface SnapshotState {
  token: string;
  /** Every packet that had arrived by then is in this snapshot or an earlier one, or was let go before. */
  timeMs: number;
  /** The files that it asked for, of each target that had any: numbers after `after`, up to `upTo`. */
  ranges: Record<string, { after: number; upTo: number }>;
  /** Packets. */
  captured: number;
  uploaded: number;
  discarded: number;
  completionMs?: number;
}

export interface SpoolState {
  id: string;
  runID: string;
  attempt: number;
  /** When the first tcpdump of `attempt` began to listen. */
  attemptStartMs?: number;
  /** The same as a moment; absent in what earlier agents wrote. */
  attemptStart?: Moment;
  /** How long `attempt` was suspended since, without the suspension that lasts. */
  suspendedMs: number;
  reportsFrom: number;
  targets: Record<string, TargetState>;
  /** Closed and not settled, by file id. */
  pending: Record<string, SpoolFile>;
  /** Settled and perhaps still on disk: a kill may have come between. */
  leaving: Record<string, SpoolFile>;
  /** By savefile id, as long as one is open or any file of it is pending or leaving. */
  cuts: Record<string, CutSavefile>;
  /** The newest, oldest first. */
  snapshots: SnapshotState[];
  /** Settled and not in a segment yet, oldest first. */
  unsealed: ManifestFile[];
  segments: Segment[];
  /** Targets that ended and are no longer listed: their sum, where their entries are, and the newest of those of which a file was given up. */
  sealedTargets: { ledger: Ledger; segments: TargetSegment[]; discarded: string[] };
  /** `suspended`: those of them that were asked for. */
  gaps: { count: number; seconds: number; suspended: { count: number; seconds: number }; newest: Gap[] };
  /** Packets discarded against the user's wish, by reason. */
  discards: Record<string, number>;
  recentFiles: ReportedFile[];
  captureStartMs?: number;
  stopped?: { reason: string; final: boolean } & Moment;
  done: boolean;
}


export const emptyState = (): SpoolState => ({
  id: '',
  runID: '',
  attempt: 0,
  reportsFrom: 0,
  suspendedMs: 0,
  targets: {},
  pending: {},
  leaving: {},
  cuts: {},
  snapshots: [],
  unsealed: [],
  segments: [],
  sealedTargets: { ledger: emptyLedger(), segments: [], discarded: [] },
  gaps: { count: 0, seconds: 0, suspended: { count: 0, seconds: 0 }, newest: [] },
  discards: {},
  recentFiles: [],
  done: false,
});

export const fileID = (file: { target: string; sequence: number }): string => `${file.target}/${file.sequence}`;

export type Savefile = StartID & { name: string };

/** Its path below the folder of captures. */
export const savefileID = ({ target, attempt, start, name }: Savefile): string => `${target}/${startFolder(attempt, start)}/${name}`;

export function parseSavefileID(id: string): Savefile | undefined {
  const [target = '', folder = '', name = ''] = id.split('/');
  const start = parseStartFolder(folder);
  return start && { target, ...start, name };
}

/** Whether any file of a savefile (besides one) is still to be delivered or to be removed. */
export const isHeld = (state: Readonly<SpoolState>, id: string, besides?: SpoolFile): boolean =>
  [state.pending, state.leaving].some((files) => Object.values(files).some((file) => file !== besides && savefileID(file) === id));

/** No tcpdump is to listen to this target any more. */
export const hasEnded = ({ stopReason, failure }: TargetState): boolean => stopReason !== undefined || failure !== undefined;

/** Capturing is suspended, or is being. */
export const isSuspended = ({ stopped }: Readonly<SpoolState>): boolean => stopped?.reason === STOP_REASON.suspended;
