// A snapshot: what the rings of a node held when it was asked for, on its way to the bucket.
import * as z from 'zod';
import { accountSchema } from './ledger.js';

export const snapshotSchema = z.object({
  /** The value of the annotation that asked for it. */
  token: z.string(),
  /** When the open files were cut: every packet up to here is in this snapshot or an earlier one, or was let go before. */
  time: z.string(),
  /** When the last of its files was settled. */
  completionTime: z.string().optional(),
  /** Packets that it adds to the bucket: those of earlier snapshots are not sent again. */
  packets: accountSchema,
});
export type Snapshot = z.infer<typeof snapshotSchema>;
