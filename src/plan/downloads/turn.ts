// What a download needs now: an answer, nothing until its URLs end, or to go.
import type { CaptureDownloadStatus } from '../../api/capture-download.js';
import type { Reason } from '../../api/reason-table.js';
import { CONDITION } from '../../api/reasons.js';
import type { ObjectMeta } from '../objects.js';

export interface DownloadObject {
  metadata: ObjectMeta & { namespace: string };
  spec: unknown;
  /** Without its URLs. */
  status?: Pick<CaptureDownloadStatus, 'observedGeneration' | 'expirationTime' | 'conditions'>;
}

export type Turn = { do: 'answer' } | { do: 'wait'; forMs: number } | { do: 'remove' };

/** One that could not be answered stays so long, so that it can be read why. */
export const REFUSED_KEPT_MS = 3_600_000;
/** Of an operator with a longer expiry, or with another clock. */
const SLACK_MS = 60_000;

export const isAnswered = ({ metadata, status }: DownloadObject): boolean => readyOf(status)?.status === 'True' && status?.observedGeneration === metadata.generation;

/** What does not come right by itself: only another spec is answered otherwise. */
const FINAL: ReadonlySet<string | undefined> = new Set<Reason>(['InvalidSpec', 'RunNotFound', 'TooManyFiles']);

export function turnOf(download: DownloadObject, now: number, expiryMs: number): Turn {
  const { metadata, status } = download;
  const ready = readyOf(status);
  if (!status || !ready || status.observedGeneration !== metadata.generation) return { do: 'answer' };
  if (ready.status === 'True') {
    const endsMs = Date.parse(status.expirationTime ?? '');
    // No answer of ours lasts longer: somebody else wrote it.
    if (!(endsMs <= now + expiryMs + SLACK_MS)) return { do: 'answer' };
    return endsMs <= now ? { do: 'remove' } : { do: 'wait', forMs: endsMs - now };
  }
  const goesMs = Date.parse(ready.lastTransitionTime ?? '') + REFUSED_KEPT_MS;
  if (goesMs <= now) return { do: 'remove' };
  return FINAL.has(ready.reason) && goesMs <= now + REFUSED_KEPT_MS + SLACK_MS ? { do: 'wait', forMs: goesMs - now } : { do: 'answer' };
}

const readyOf = (status: DownloadObject['status']) => status?.conditions?.find(({ type }) => type === CONDITION.ready);
