// Where an object of the bucket goes on this machine: keys come from elsewhere, so nothing of them is taken that could lead out of the folder.
import { printable, shortened } from '../../api/printable.js';

/** Of a run's folder: the manifests'. No target has this name: theirs have an underscore. */
export const MANIFEST_FOLDER = 'manifest';

export interface Place {
  /** Target, or `manifest`. */
  folder: string;
  name: string;
}

const RUN_ID = /^\d{8}T\d{6}Z-[0-9a-f]{6}$/;
/** `<pod>_<first 8 of UID>`. */
const TARGET = /^[a-z0-9][a-z0-9.-]{0,252}_[0-9a-z-]{1,8}$/;
const FILE = /^\d{2,6}-\d{6,12}_\d{8}T\d{6}Z\.pcap(\.gz|\.zst)?$/;
const MANIFEST = /^[a-z0-9][a-z0-9.-]{0,215}-\d{2,6}(\.(files|targets)-\d{4,9})?\.json$/;
const MAX_KEY_CHARACTERS = 1024;

export const isRunID = (text: string): boolean => RUN_ID.test(text);

/** A key as it may stand before people. */
export const shownKey = (key: string): string => printable(shortened(key, 200));

/** Of `<anything>/<run id>/<target>/<file>`: undefined where the key is none of a file of this run. */
export const placeOfFile = (key: string, runID: string): Place | undefined => place(key, runID, (folder, name) => TARGET.test(folder) && FILE.test(name));

/** Of `<anything>/<run id>/manifest/<file>`. */
export const placeOfManifest = (key: string, runID: string): Place | undefined => place(key, runID, (folder, name) => folder === MANIFEST_FOLDER && MANIFEST.test(name));

function place(key: string, runID: string, fits: (folder: string, name: string) => boolean): Place | undefined {
  if (key.length > MAX_KEY_CHARACTERS) return undefined;
  const [run, folder, name] = key.split('/').slice(-3);
  return run === runID && folder !== undefined && name !== undefined && fits(folder, name) ? { folder, name } : undefined;
}

/** Whether a target is asked for: by its name, or by that of its pod. No wish is every target. */
export const isWanted = (target: string, wished: readonly string[]): boolean => wished.length === 0 || wished.some((wish) => target === wish || target.slice(0, target.lastIndexOf('_')) === wish);
