// Names that are fixed for ever: run ids, target names, and every key in the bucket.
import { createHash } from 'node:crypto';

/** `20261120T030512Z` of an instant (ms since the epoch). */
export const compactTime = (ms: number): string => new Date(ms).toISOString().replace(/[-:]|\.\d{3}/g, '');

/** Id of a run: its UTC start and a hash of the capture's UID and the run's number, so that a re-created object never meets the old one's keys. */
export function runID(startMs: number, captureUID: string, runNumber: number): string {
  const hash = createHash('sha256').update(`${captureUID}/${runNumber}`).digest('hex').slice(0, 6);
  return `${compactTime(startMs)}-${hash}`;
}

/** Opaque name of a target: `<pod>_<first 8 of UID>`. No pod name holds an underscore. */
export const targetName = (podName: string, podUID: string): string => `${podName}_${podUID.slice(0, 8)}`;

/** Prefix of every key of a run, ending in a slash. `destinationPrefix` is empty or ends in one. */
export const runPrefix = (destinationPrefix: string, namespace: string, name: string, run: string): string =>
  `${destinationPrefix}${namespace}/${name}/${run}/`;

const padded = (n: number, width: number): string => String(n).padStart(width, '0');

/** Prefix of the keys of a target's files. */
export const targetPrefix = (prefix: string, target: string): string => `${prefix}${target}/`;

const COMPRESSION_SUFFIX: Record<string, string> = { Gzip: '.gz', Zstd: '.zst' };

/** Key of a file: `<run prefix><target>/<attempt2>-<seq6>_<UTC of opening>.pcap[.gz|.zst]`. */
export const fileKey = (prefix: string, target: string, attempt: number, sequence: number, openedMs: number, compression = 'None'): string =>
  `${targetPrefix(prefix, target)}${padded(attempt, 2)}-${padded(sequence, 6)}_${compactTime(openedMs)}.pcap${COMPRESSION_SUFFIX[compression] ?? ''}`;

/** Key of an attempt's manifest: `<run prefix>manifest/<node>-<attempt2>.json`. */
export const manifestKey = (prefix: string, node: string, attempt: number): string => `${prefix}manifest/${node}-${padded(attempt, 2)}.json`;

/** Key of the n-th segment (from 1) of an attempt's manifest. */
export const manifestSegmentKey = (prefix: string, node: string, attempt: number, n: number): string =>
  `${prefix}manifest/${node}-${padded(attempt, 2)}.files-${padded(n, 4)}.json`;

/** Key of the n-th segment (from 1) of the targets that ended. */
export const targetSegmentKey = (prefix: string, node: string, attempt: number, n: number): string =>
  `${prefix}manifest/${node}-${padded(attempt, 2)}.targets-${padded(n, 4)}.json`;

export interface FileKey {
  target: string;
  attempt: number;
  sequence: number;
}

const FILE = /^([a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?_[A-Za-z0-9-]{1,8})\/(\d{2,9})-(\d{6,15})_\d{8}T\d{6}Z\.pcap(?:\.gz|\.zst)?$/;

/** What a key of a run's file says; undefined for any other key: of another run, of another shape, with `..` in it. */
export function parseFileKey(prefix: string, key: string): FileKey | undefined {
  if (!key.startsWith(prefix)) return undefined;
  const [, target, attempt, sequence] = FILE.exec(key.slice(prefix.length)) ?? [];
  return target === undefined ? undefined : { target, attempt: Number(attempt), sequence: Number(sequence) };
}

/** Whether a key is one of the segments that belong to a node's manifests of a run. */
export function isSegmentKey(prefix: string, node: string, key: string): boolean {
  const begin = `${prefix}manifest/${node}-`;
  return key.startsWith(begin) && /^\d{2,9}\.(files|targets)-\d{4,9}\.json$/.test(key.slice(begin.length));
}
