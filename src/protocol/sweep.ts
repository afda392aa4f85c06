// Sweep (operator → a Job on one node, and back): which spools stay, from when on others are leftovers, and what was removed.
import * as z from 'zod';

/** Environment variable of the sweep container that holds the config as JSON. */
export const SWEEP_CONFIG_ENV = 'PACKETCAPTURE_SWEEP';
/** All spools of the node, in the sweep container. */
export const SWEEP_PATH = '/spools';
export const SWEEP_TAG = 'packetcapture.dev/sweep';

const count = () => z.number().int().nonnegative();

export const sweepConfigSchema = z.object({
  version: z.literal(1),
  /** A spool is left over once its newest file is this old. */
  retentionSeconds: count(),
  /** Names of spools that are somebody's, whatever their age. */
  keep: z.array(z.string()),
  /** What the names of such spools begin with, where their runs are not known one by one. */
  keepPrefixes: z.array(z.string()).default([]),
});
export type SweepConfig = z.infer<typeof sweepConfigSchema>;

export const sweepResultSchema = z.object({
  report: z.literal(SWEEP_TAG),
  version: z.literal(1),
  /** What was removed. Packets: of whole files that were not in the bucket, as the spools' journals tell. */
  removed: z.object({ spools: count(), files: count(), packets: count(), bytes: count() }),
  /** Spools that stay: told to be kept or held by a live agent; and those that are too young, with the time until the next is old. */
  kept: count(),
  young: count(),
  dueInSeconds: count().optional(),
  /** What could not be removed. */
  errors: z.array(z.string()).default([]),
});
export type SweepResult = z.infer<typeof sweepResultSchema>;

/** The last line that is a sweep's result. */
export function parseSweepResult(text: string): SweepResult | undefined {
  for (const line of text.split('\n').reverse()) {
    if (!line.startsWith('{') || !line.includes(SWEEP_TAG)) continue;
    try {
      const parsed = sweepResultSchema.safeParse(JSON.parse(line));
      if (parsed.success) return parsed.data;
    } catch {
      // Not a whole line.
    }
  }
  return undefined;
}
