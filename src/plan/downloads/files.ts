// The files of a run that are in the bucket, put together from its manifests and from what agents say: the run's own keys, each once.
import { parseFileKey } from '../../protocol/keys.js';
import type { ManifestFile } from '../../protocol/manifest.js';
import type { ReportedFile } from '../../protocol/report.js';

export interface BucketFile {
  key: string;
  target: string;
  attempt: number;
  sequence: number;
  size: number;
  sha256?: string;
}

interface Known {
  /** Attempt of the manifest that says it. */
  by: number;
  /** Absent: it is not in the bucket. */
  file?: BucketFile;
}

export class RunFiles {
  private readonly known = new Map<string, Known>();
  private refusedKeys = 0;

  constructor(private readonly prefix: string) {}

  /** Keys that were named and are not of this run. */
  get refused(): number {
    return this.refusedKeys;
  }

  get size(): number {
    return this.known.size;
  }

  /** `by`: the attempt of the manifest that has these entries, or names the segment that has them. Of two entries with one key the higher one's counts. */
  add(entries: readonly ManifestFile[], by: number): void {
    for (const { key, target, attempt, sequence, state, size, sha256 } of entries) {
      if (key === undefined || (this.known.get(key)?.by ?? 0) >= by) continue;
      const says = parseFileKey(this.prefix, key);
      if (!says || says.target !== target || says.attempt !== attempt || says.sequence !== sequence) this.refusedKeys += 1;
      else this.known.set(key, { by, ...(state === 'uploaded' && { file: { key, target, attempt, sequence, size, ...(sha256 !== undefined && { sha256 }) } }) });
    }
  }

  /** What agents say is uploaded, and no manifest has as such yet: they say it before. */
  addReported(files: readonly ReportedFile[]): void {
    for (const { key, size, sha256 } of files) {
      if (this.known.get(key)?.file) continue;
      const says = parseFileKey(this.prefix, key);
      if (says) this.known.set(key, { by: 0, file: { key, ...says, size, sha256 } });
      else this.refusedKeys += 1;
    }
  }

  /** By target, attempt and sequence. */
  inOrder(): BucketFile[] {
    const files = [...this.known.values()].flatMap(({ file }) => file ?? []);
    return files.sort((a, b) => compare(a.target, b.target) || a.attempt - b.attempt || a.sequence - b.sequence || compare(a.key, b.key));
  }
}

/** By code units: the same on every machine. */
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
