// A manifest as it was found in the bucket: taken for a run's own only where it says what the run record says.
import { createHash } from 'node:crypto';
import * as z from 'zod';
import { isSegmentKey } from '../../protocol/keys.js';
import { manifestFileSchema, manifestSchema, type Manifest, type ManifestFile } from '../../protocol/manifest.js';
import type { RunRecord } from '../record.js';
import type { DownloadRun, ManifestPlace } from './run.js';

export type Read<T> = { value: T; problem?: undefined } | { value?: undefined; problem: string };

/** An agent writes five hundred entries into each. */
const SEGMENTS_MAX = 1000;

/** `problem` says what is wrong with it, after its key. */
export function readManifest(content: Buffer, place: ManifestPlace, run: Pick<DownloadRun, 'id' | 'prefix'>, capture: RunRecord['capture']): Read<Manifest> {
  const parsed = manifestSchema.safeParse(json(content));
  if (!parsed.success) return { problem: `is no manifest that this version reads (${parsed.error.issues[0]?.path.join('.') || 'manifest'}: ${parsed.error.issues[0]?.message})` };
  const manifest = parsed.data;
  const { namespace, name, uid } = manifest.capture;
  if (namespace !== capture.namespace || name !== capture.name || uid !== capture.uid || manifest.runID !== run.id) return { problem: 'speaks of another run' };
  if (manifest.node !== place.node || manifest.attempt !== place.attempt) return { problem: 'speaks of another node or attempt than its key' };
  if (manifest.segments.length > SEGMENTS_MAX || manifest.targetSegments.length > SEGMENTS_MAX) return { problem: `names more than ${SEGMENTS_MAX} segments` };
  if (![...manifest.segments, ...manifest.targetSegments].every(({ key }) => isSegmentKey(run.prefix, place.node, key))) return { problem: 'names segments that are not its own' };
  return { value: manifest };
}

/** A segment of a manifest's files: what the manifest says that it is, byte for byte. */
export function readSegment(content: Buffer, { sha256, files }: Manifest['segments'][number]): Read<ManifestFile[]> {
  if (createHash('sha256').update(content).digest('hex') !== sha256) return { problem: 'is not what its manifest says that it is (SHA-256)' };
  const parsed = z.array(manifestFileSchema).safeParse(json(content));
  if (!parsed.success) return { problem: 'is no segment that this version reads' };
  return parsed.data.length > files ? { problem: `has more than the ${files} files that its manifest counts` } : { value: parsed.data };
}

function json(content: Buffer): unknown {
  try {
    return JSON.parse(content.toString('utf8'));
  } catch {
    return undefined;
  }
}
