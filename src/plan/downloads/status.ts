// What a download's status says: the URLs of a page, or why there are none.
import type { CaptureDownloadStatus } from '../../api/capture-download.js';
import { CONDITION } from '../../api/reasons.js';
import { stamp } from '../conditions.js';
import { verdict, type Verdict } from '../verdict.js';
import type { Obstacle } from '../waiting.js';
import type { DownloadObject } from './turn.js';

export interface SignedFile {
  key: string;
  url: string;
  size?: number;
  sha256?: string;
}

/** Everything that can be handed out of a run. */
export interface Answer {
  runID: string;
  total: number;
  offset: number;
  files: SignedFile[];
  manifests: SignedFile[];
  /** Keys that manifests name and that are not the run's. */
  refusedKeys: number;
  expirationMs: number;
}

/** As a merge patch: what an earlier answer had and this one has not is null. */
export type StatusPatch = { [F in keyof CaptureDownloadStatus]-?: CaptureDownloadStatus[F] | null };

/** Room for it in an API server: of 1.5 MiB, with what it notes of each field. */
const MAX_BYTES = 900_000;

export function answered(download: DownloadObject, answer: Answer, now: number): StatusPatch {
  const { runID, total, offset, refusedKeys, expirationMs } = answer;
  const manifests = fitting(answer.manifests, MAX_BYTES / 2);
  const files = fitting(answer.files, MAX_BYTES - bytesOf(manifests));
  const expirationTime = new Date(expirationMs).toISOString().replace(/\.\d{3}Z$/, 'Z');
  const page = files.length === total ? `all ${total} files` : `${files.length} of ${total} files, from offset ${offset} on`;
  const ready =
    refusedKeys === 0
      ? verdict(CONDITION.ready, 'True', 'Signed', `URLs of ${page}, until ${expirationTime}`)
      : verdict(CONDITION.ready, 'True', 'EntriesRefused', `URLs of ${page}, until ${expirationTime}; manifests in the bucket name ${refusedKeys} keys that are not those of run ${runID}, which are left out: see who else writes there`);
  return { ...common(download, ready, now), runID, expirationTime, total, files, manifests };
}

/** undefined: that is what it says already. */
export function notAnswered(download: DownloadObject, { reason, message }: Obstacle, now: number): StatusPatch | undefined {
  const ready = verdict(CONDITION.ready, 'False', reason, message);
  const before = download.status?.conditions?.find(({ type }) => type === CONDITION.ready);
  if (before?.status === 'False' && before.reason === reason && before.message === ready.message && before.observedGeneration === download.metadata.generation) return undefined;
  return { ...common(download, ready, now), runID: null, expirationTime: null, total: null, files: null, manifests: null };
}

function common({ metadata, status }: DownloadObject, ready: Verdict, now: number): Pick<StatusPatch, 'observedGeneration' | 'conditions'> {
  const generation = metadata.generation ?? 0;
  return { observedGeneration: generation, conditions: [stamp(ready, generation, status?.conditions, now)] };
}

const bytesOf = (files: SignedFile[]): number => files.reduce((sum, file) => sum + JSON.stringify(file).length + file.key.length, 0);

/** As many, from the first, as there is room for. */
function fitting(files: SignedFile[], room: number): SignedFile[] {
  let left = room;
  const end = files.findIndex((file) => (left -= bytesOf([file])) < 0);
  return end < 0 ? files : files.slice(0, end);
}
