// What the journal records: each line one event, applied in order to an empty state.
import type { SentObject } from '../../storage/object-store.js';
import type { Moment } from '../clock.js';
import type { NetworkInterface } from '../netns/interfaces.js';

/** A range of whole packets of a savefile, closed: nothing is added to it any more. Its id is (target, sequence). */
export interface SpoolFile {
  target: string;
  /** The attempt that wrote it, as in its key. */
  attempt: number;
  sequence: number;
  /** The tcpdump start that wrote it. */
  start: number;
  /** Name in that start's folder. */
  name: string;
  /** Range of bytes in the savefile. */
  from: number;
  to: number;
  packets: number;
  openedMs: number;
  firstUs: number;
  lastUs: number;
  /** The object that may be in the bucket: its last request was sent, and no answer to it recorded. */
  sending?: Sending;
}

export interface Sending extends SentObject {
  key: string;
}

/** One tcpdump process of a target. */
export interface StartID {
  target: string;
  attempt: number;
  start: number;
}

/** What a tcpdump gets of what all of an agent's share: the kernel memory of its buffer, and the size at which its file is closed, in its own unit of 1,000,000 bytes. */
export interface Share {
  bufferSizeBytes: number;
  fileSizeMB: number;
}

export type SpoolEvent =
  | { type: 'spool'; id: string; runID: string }
  | { type: 'attempt'; attempt: number }
  /** Reports from here on count from this number. */
  | { type: 'numbers'; from: number }
  | { type: 'target'; target: string; podName: string; podUID: string; podIPs: string[] }
  | { type: 'network'; target: string; linkType: string; interfaces: NetworkInterface[] }
  /** With what it was given; absent in what earlier agents wrote. */
  | ({ type: 'started'; share?: Share } & StartID)
  | ({ type: 'listening' } & Moment & StartID)
  /** Nothing was received for a while up to here, so nothing is missing up to here. */
  | { type: 'quiet'; target: string; timeMs: number }
  /** All that was captured up to here is in the files. */
  | { type: 'written'; target: string; timeMs: number }
  /** What this tcpdump dropped so far. */
  | ({ type: 'drops'; kernel: number; interface: number } & StartID)
  /** tcpdump is gone; up to `coveredUs` what it did not write it counted as dropped. Absent: it never listened. */
  | ({ type: 'exited'; timeMs: number; coveredUs?: number } & StartID)
  | { type: 'gap'; target: string; fromUs: number; toUs: number; reason: string }
  /** `goesOn`: tcpdump writes on in the same savefile, behind this file. */
  | { type: 'closed'; file: SpoolFile; goesOn?: true }
  /** tcpdump is done with a savefile that was cut, and left nothing behind the cut. */
  | ({ type: 'finished'; name: string } & StartID)
  /** The request that makes the object is about to be sent. */
  | ({ type: 'sending'; target: string; sequence: number } & Sending)
  | { type: 'uploaded'; target: string; sequence: number; key: string; size: number; sha256: string; etag: string; compressed?: true }
  | { type: 'discarded'; target: string; sequence: number; reason: string }
  /** A settled file is off the disk. */
  | { type: 'removed'; target: string; sequence: number }
  | { type: 'ended'; target: string; stopReason: string; timeMs: number }
  | { type: 'failed'; target: string; reason: string; message: string; timeMs: number }
  /** The whole run's capturing is over, or, where the reason is Suspended, interrupted. */
  | ({ type: 'stopped'; reason: string; final: boolean } & Moment)
  /** Capturing goes on after a suspension. */
  | ({ type: 'resumed' } & Moment)
  /** All that is pending is wanted. */
  | { type: 'snapshot'; token: string; timeMs: number }
  | { type: 'snapshotSettled'; token: string; timeMs: number }
  /** A manifest segment was sealed: its entries live on disk from here on. */
  | { type: 'sealed'; number: number; key: string; sha256: string; files: number }
  | { type: 'segmentUploaded'; number: number }
  /** These ended, and nobody asks for them any more: their entries live on disk from here on, and they in the sums. */
  | { type: 'targetsSealed'; number: number; key: string; sha256: string; targets: string[] }
  | { type: 'targetSegmentUploaded'; number: number }
  /** The final manifest is in the bucket. */
  | { type: 'done' };
