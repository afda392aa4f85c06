// One CaptureDownload: asked for, waited for, read and removed at once: its URLs are no longer in the cluster than they have to be.
import { API_VERSION } from '../../api/group.js';
import { captureDownloadStatusSchema, DOWNLOAD_PAGE_MAX, type CaptureDownloadStatus } from '../../api/capture-download.js';
import { CAPTURE_DOWNLOADS } from '../../api/kinds.js';
import { printable, shortened } from '../../api/printable.js';
import type { Reason } from '../../api/reason-table.js';
import { CONDITION } from '../../api/reasons.js';
import { pause } from '../../kube/clock.js';
import type { KubeObject } from '../../kube/object.js';
import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';
import type { Session } from '../session.js';
import { isRunID, shownKey } from './place.js';

export interface PageFile {
  key: string;
  url: string;
  size: number | undefined;
  sha256: string | undefined;
}

export interface Page {
  runID: string;
  /** Files of the run that are in the bucket now. */
  total: number;
  files: PageFile[];
  manifests: { key: string; url: string }[];
  /** What the operator says beside the URLs, where that is not only that they are there. */
  remark: string | undefined;
}

export interface PageWish {
  captureName: string;
  /** undefined: the current or last one. */
  runID: string | undefined;
  offset: number;
}

interface DownloadObject extends KubeObject {
  status?: unknown;
}

/** The operator reads the run's manifests for it, from a bucket that may be slow. */
const READY_MS = 120_000;
/** What may pass by itself, the operator asks again: for so long it is not the last word. */
const PASSING_MS = 20_000;
const PASSING: ReadonlySet<string | undefined> = new Set<Reason>(['BucketUnreachable', 'StoreError', 'DestinationNotReady']);
const NOT_FOUND: ReadonlySet<string | undefined> = new Set(['CaptureNotFound', 'RunNotFound', 'ManifestNotFound']);
const POLL_MS = [100, 200, 400, 800, 1000] as const;
/** Also where the user wants to go. */
const REMOVE_MS = 5000;

export async function askForPage({ kube, namespace, io }: Session, wish: PageWish, readyMs = READY_MS): Promise<Page> {
  const spec = { captureName: wish.captureName, ...(wish.runID !== undefined && { runID: wish.runID }), offset: wish.offset, limit: DOWNLOAD_PAGE_MAX };
  // Not given up by Ctrl-C: nobody would know the name of what was made.
  const { metadata } = await kube.create<DownloadObject>(CAPTURE_DOWNLOADS, namespace, { apiVersion: API_VERSION, kind: 'CaptureDownload', metadata: { generateName: generated(wish.captureName) }, spec }, { signal: unaborted() });
  const name = `capturedownload/${metadata.name}`;
  try {
    const began = io.clock.monotonic();
    for (let turn = 0; ; turn += 1) {
      await pause(io.clock, POLL_MS[Math.min(turn, POLL_MS.length - 1)] ?? 1000, io.signal);
      if (io.signal.aborted) throw interrupted();
      const object = await kube.get<DownloadObject>(CAPTURE_DOWNLOADS, namespace, metadata.name, { signal: io.signal });
      if (!object || object.metadata.uid !== metadata.uid) throw new Failure(`${name} was removed before the operator answered it; try again`);
      const { data: status } = captureDownloadStatusSchema.safeParse(object.status ?? {});
      const verdict = status && verdictOf(status, object.metadata.generation ?? 1);
      const waitedMs = io.clock.monotonic() - began;
      if (status && verdict?.ready === true) return pageOf(status, verdict);
      if (verdict?.ready === false && !(PASSING.has(verdict.reason) && waitedMs < PASSING_MS)) {
        throw new Failure(`the files of packetcapture/${wish.captureName} cannot be had: ${verdict.words}`, NOT_FOUND.has(verdict.reason) ? EXIT.notFound : EXIT.error);
      }
      if (waitedMs > readyMs) throw new Failure(`${name} was not answered within ${Math.round(readyMs / 1000)} s${verdict ? ` (${verdict.words})` : ': does the operator run? kubectl pktcap check looks'}`, EXIT.timeout);
    }
  } catch (error) {
    throw io.signal.aborted ? interrupted() : error;
  } finally {
    const removed = await kube.remove(CAPTURE_DOWNLOADS, namespace, metadata.name, { uid: metadata.uid, signal: AbortSignal.timeout(REMOVE_MS) }).catch((error: unknown) => error as Error);
    if (removed instanceof Error) io.stderr.write(`warning: ${name} could not be removed (${printable(removed.message)}); it is removed when its URLs expire\n`);
  }
}

const unaborted = (): AbortSignal => new AbortController().signal;
export const interrupted = (): Failure => new Failure('interrupted; the same command goes on where this ended', EXIT.interrupted);

/** The API server adds five characters, and takes 253. */
const generated = (name: string): string => `${name.slice(0, 200).replace(/[.-]+$/, '')}-`;

interface Verdict {
  /** undefined: the operator works at it, and says what it waits for. */
  ready: boolean | undefined;
  reason: string | undefined;
  words: string;
}

function verdictOf({ conditions = [], observedGeneration }: CaptureDownloadStatus, generation: number): Verdict | undefined {
  const ready = conditions.find(({ type }) => type === CONDITION.ready);
  if (!ready || (observedGeneration ?? generation) < generation) return undefined;
  const words = printable(shortened([ready.reason, ready.message].filter(Boolean).join(': '), 2000));
  const isUnderWay = ready.status !== 'False' || conditions.some(({ type, status }) => type === CONDITION.reconciling && status === 'True');
  return { ready: ready.status === 'True' ? true : isUnderWay ? undefined : false, reason: ready.reason, words };
}

function pageOf({ runID = '', total = 0, files = [], manifests = [] }: CaptureDownloadStatus, { reason, words }: Verdict): Page {
  if (!isRunID(runID)) throw new Failure(`the operator names no run that can be (status.runID "${shownKey(runID)}")`);
  const withURL = <T extends { key: string; url?: string | undefined }>(list: T[]): (T & { url: string })[] => list.flatMap((entry) => (entry.url === undefined ? [] : [{ ...entry, url: entry.url }]));
  return {
    runID,
    total,
    files: withURL(files).map(({ key, url, size, sha256 }) => ({ key, url, size, sha256: sha256?.toLowerCase() })),
    manifests: withURL(manifests).map(({ key, url }) => ({ key, url })),
    remark: reason === 'Signed' ? undefined : words,
  };
}
