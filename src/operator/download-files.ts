// Reads from the bucket what a run has there: its manifests and their segments, a few at a time, and no more than has room in memory.
import { DELIVERY_REASON } from '../api/reasons.js';
import { RunFiles } from '../plan/downloads/files.js';
import { readManifest, readSegment, type Read } from '../plan/downloads/manifest.js';
import type { DownloadRun, ManifestPlace } from '../plan/downloads/run.js';
import type { RunRecord } from '../plan/record.js';
import { refused, waiting, type Obstacle } from '../plan/waiting.js';
import type { Manifest } from '../protocol/manifest.js';
import { StorageError } from '../storage/errors.js';
import type { ObjectStore } from '../storage/object-store.js';
import { ANSWER_TOO_LONG } from '../storage/s3/bounded-body.js';

/** Five thousand files that wait are half of it. */
const MANIFEST_MAX_BYTES = 4 * 1024 * 1024;
/** Five hundred files with the longest of names are half of it. */
const SEGMENT_MAX_BYTES = 1024 * 1024;
/** Of a run: in memory they are 20 MB. */
export const FILES_MAX = 50_000;
/** Parsed, a manifest takes several times its bytes. */
const CONCURRENT_READS = { manifests: 2, segments: 4 };

export interface RunContent {
  files: RunFiles;
  /** With their segments; `size` where they were read. */
  manifests: { key: string; size?: number }[];
}

export type Found = { content: RunContent; obstacle?: undefined } | { content?: undefined; obstacle: Obstacle };

interface Segment {
  named: Manifest['segments'][number];
  /** The highest attempt that names it. */
  by: number;
}

/** What the bucket says makes no answer of this run: thrown, so that nothing more is read. */
class Unfit extends Error {
  constructor(readonly obstacle: Obstacle) {
    super(obstacle.message);
  }
}

/** Rejects with a StorageError, or the signal's reason. */
export async function readFiles(run: DownloadRun, capture: RunRecord['capture'], store: Pick<ObjectStore, 'get'>, signal: AbortSignal): Promise<Found> {
  try {
    return { content: await contentOf(run, capture, store, signal) };
  } catch (error) {
    if (error instanceof Unfit) return { obstacle: error.obstacle };
    throw error;
  }
}

async function contentOf(run: DownloadRun, capture: RunRecord['capture'], store: Pick<ObjectStore, 'get'>, signal: AbortSignal): Promise<RunContent> {
  const files = new RunFiles(run.prefix);
  const segments = new Map<string, Segment>();
  const targetSegments = new Set<string>();
  let denied: StorageError | undefined;
  const count = (more: number): void => {
    const there = files.size + more;
    if (there > FILES_MAX) throw new Unfit(refused('TooManyFiles', `run ${run.id} has more than ${FILES_MAX} files, which is the most that is given out: have somebody with keys to the bucket copy its prefix`));
  };

  const take = async (place: ManifestPlace): Promise<{ key: string; size: number } | undefined> => {
    const content = await get(store, place.key, MANIFEST_MAX_BYTES, signal).catch((error: unknown) => {
      // Whoever may not list a bucket is told so of any object that is not there.
      if (place.isThere || !(error instanceof StorageError) || error.reason !== DELIVERY_REASON.accessDenied) throw error;
      denied = error;
      return undefined;
    });
    if (!content) return undefined;
    const manifest = valueOf(place.key, readManifest(content, place, run, capture));
    files.add(manifest.files, place.attempt);
    for (const { key } of manifest.targetSegments) targetSegments.add(key);
    for (const named of manifest.segments) if ((segments.get(named.key)?.by ?? 0) < place.attempt) segments.set(named.key, { named, by: place.attempt });
    count([...segments.values()].reduce((sum, { named }) => sum + named.files, 0));
    return { key: place.key, size: content.length };
  };
  const manifests = (await inTurns(run.manifests, CONCURRENT_READS.manifests, take)).filter((manifest) => manifest !== undefined);
  if (manifests.length === 0 && run.isOver) {
    if (denied) throw denied;
    throw new Unfit(waiting('ManifestNotFound', `run ${run.id} is over, and none of its manifests is in the bucket: it captured nothing, or its objects were removed`));
  }

  const read = await inTurns([...segments.values()], CONCURRENT_READS.segments, async ({ named, by }) => {
    const content = await get(store, named.key, SEGMENT_MAX_BYTES, signal);
    if (!content) throw unfit(named.key, 'is named by a manifest and is not in the bucket');
    files.add(valueOf(named.key, readSegment(content, named)), by);
    count(0);
    return { key: named.key, size: content.length };
  });
  if (!run.isOver) files.addReported(run.recentFiles);
  return { files, manifests: [...manifests, ...read, ...[...targetSegments].map((key) => ({ key }))] };
}

const unfit = (key: string, problem: string): Unfit => new Unfit(waiting('ManifestRefused', `${key} ${problem}: nothing of this run is given out until that is put right; see who else writes under this prefix`));

function valueOf<T>(key: string, { value, problem }: Read<T>): T {
  if (problem !== undefined) throw unfit(key, problem);
  return value;
}

async function get(store: Pick<ObjectStore, 'get'>, key: string, maxBytes: number, signal: AbortSignal): Promise<Buffer | undefined> {
  try {
    return await store.get(key, maxBytes, signal);
  } catch (error) {
    if (error instanceof StorageError && error.code === ANSWER_TOO_LONG) throw unfit(key, `has more than ${maxBytes} bytes`);
    throw error;
  }
}

/** So many at a time; answers in the order of the items. The first error ends it. */
async function inTurns<T, R>(items: readonly T[], atATime: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const answers: R[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const at = next++;
      try {
        answers[at] = await work(items[at] as T);
      } catch (error) {
        next = items.length;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atATime, items.length) }, worker));
  return answers;
}
