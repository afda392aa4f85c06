// What an agent's own work took, as part of its report: for the operator's metrics, since nobody can ask an agent anything.
import * as z from 'zod';

/** Upper bounds in seconds of one upload, from its first request to the object read back; the last count is of those above all of them. */
export const UPLOAD_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300] as const;

const count = () => z.number().int().nonnegative();

/** Counters begin at 0 with each process, which has an id of its own. */
export const workSchema = z.object({
  process: z.string(),
  uploads: z.object({
    /** How many files took so long: one for each bound, and one for all above. Manifests are not among them. */
    counts: z.array(count()),
    seconds: z.number().nonnegative(),
    /** Tries that failed, of files and manifests, by the reason of the failure. */
    errors: z.record(z.string(), count()),
  }),
  /** What the run takes of its node's disk now, and may take. */
  spool: z.object({ usedBytes: count(), maxBytes: count() }),
});
export type Work = z.infer<typeof workSchema>;
