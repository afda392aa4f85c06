// What a run's manifests say together: each file by its key, and the account of every spool.
import * as z from 'zod';
import { manifestFileSchema, manifestSchema, type Manifest, type ManifestFile } from '../../protocol/manifest.js';

export interface RunRecord {
  /** By key; of two entries with one key that of the newest manifest of the highest attempt. */
  files: ReadonlyMap<string, ManifestFile>;
  /** The last word of each spool: attempts that share one carry its account on. */
  spools: readonly Manifest[];
}

/** undefined where it is none. */
export function parseManifest(text: string): Manifest | undefined {
  const parsed = manifestSchema.safeParse(json(text));
  return parsed.success ? parsed.data : undefined;
}

export function parseSegment(text: string): ManifestFile[] | undefined {
  const parsed = z.array(manifestFileSchema).safeParse(json(text));
  return parsed.success ? parsed.data : undefined;
}

/** `segment`: further entries, by the key that the manifest names. */
export function recordOf(manifests: readonly Manifest[], segment: (key: string) => readonly ManifestFile[]): RunRecord {
  const oldestFirst = [...manifests].sort((a, b) => a.attempt - b.attempt);
  const files = new Map<string, ManifestFile>();
  const spools = new Map<string, Manifest>();
  for (const manifest of oldestFirst) {
    spools.set(`${manifest.node}/${manifest.spool}`, manifest);
    for (const file of [...manifest.segments.flatMap(({ key }) => segment(key)), ...manifest.files]) if (file.key !== undefined) files.set(file.key, file);
  }
  return { files, spools: [...spools.values()] };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
