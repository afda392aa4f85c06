// The uploader's port: what the rest of the agent asks of whatever brings files into the bucket.
import type { Delivery } from '../../protocol/report.js';
import type { Work } from '../../protocol/work.js';
import type { SentObject } from '../../storage/object-store.js';

/** A range of whole packets of a file on disk, and where it goes. */
export interface FileToDeliver {
  key: string;
  path: string;
  /** First byte of the range; 0 where the object is the file from its pcap header on. */
  start: number;
  /** First byte after the range. The file may be longer. */
  end: number;
  /** Bytes to put before the range: the pcap header of a range that does not begin with one. */
  prologue?: Uint8Array;
  target: string;
  packets: number;
}

/** What the bucket holds, as read back from it. */
export interface Delivered {
  /** Bytes of the object. */
  size: number;
  /** Of the object, hexadecimal. */
  sha256: string;
  etag: string;
}

export interface Uploader {
  /**
   * Queues a file; resolves when the object was uploaded AND verified by reading back.
   * Rejects only when `signal` aborts or the file cannot be read. Retries for ever with backoff.
   * `onSending` is called before each request that makes the object: from there on it may be in the bucket, whatever is heard of it.
   */
  deliver(file: FileToDeliver, signal: AbortSignal, onSending?: (sent: SentObject) => void): Promise<Delivered>;
  /** Of an object whose delivery was given up: what the bucket holds where that is the object, whole. undefined: it is not, or the bucket does not say so soon. */
  find(key: string, sent: SentObject): Promise<Delivered | undefined>;
  /** Lets the bucket forget the parts of uploads that nobody goes on with, of those under `prefix` that are one's own. Best effort, and over within a time limit. */
  forgetUnfinished(prefix: string, isOwn: (key: string) => boolean): Promise<void>;
  /** Puts a small object (a manifest) with the same care. */
  putSmall(key: string, body: Uint8Array, contentType: string, signal: AbortSignal): Promise<Delivered>;
  /** Whether anything is being captured: if not, there are as many connections as help; while there is, as few as leave the capture its node. */
  setCapturing(isCapturing: boolean): void;
  /** Keys whose bytes are on their way at this moment, not those that wait for their turn or for another try. */
  readonly underWay: ReadonlySet<string>;
  /** What uploads took so far, and how often they failed. */
  readonly uploads: Work['uploads'];
  /** What the bucket says now. */
  readonly delivery: Delivery;
  /** Calls `listener` whenever `delivery` changes. */
  onChange(listener: () => void): void;
}
