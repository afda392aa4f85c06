// By how much an agent's own account of its uploads grew: it begins at 0 with each of its processes.
import { UPLOAD_SECONDS, type Work } from '../../protocol/work.js';
import { growth } from './amounts.js';

export type Uploads = Work['uploads'] & Pick<Work, 'process'>;

/** `before`: what was heard last of the same node; of another process it says nothing of this one. */
export function grownUploads(before: Uploads | undefined, now: Uploads): Omit<Uploads, 'process'> {
  const base = before?.process === now.process ? before : undefined;
  const errors = growth(base?.errors ?? {}, now.errors);
  // Of another version, whose bounds are not known here.
  if (now.counts.length !== UPLOAD_SECONDS.length + 1) return { counts: [], seconds: 0, errors };
  return { counts: now.counts.map((count, n) => Math.max(0, count - (base?.counts[n] ?? 0))), seconds: Math.max(0, now.seconds - (base?.seconds ?? 0)), errors };
}
