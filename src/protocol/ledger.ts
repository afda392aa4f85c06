// The packet account: captured = uploaded + pending + discarded, for packets, files and bytes alike.
import * as z from 'zod';

const count = () => z.number().int().nonnegative().default(0);

export const accountSchema = z.object({ captured: count(), uploaded: count(), pending: count(), discarded: count() });
export type Account = z.infer<typeof accountSchema>;

export const ledgerSchema = z.object({
  packets: accountSchema.extend({
    /** Of `discarded`: let go by a flight recorder whose ring turned. */
    released: count(),
    droppedByKernel: count(),
    droppedByInterface: count(),
  }),
  files: accountSchema,
  bytes: accountSchema,
});
export type Ledger = z.infer<typeof ledgerSchema>;

export const emptyAccount = (): Account => ({ captured: 0, uploaded: 0, pending: 0, discarded: 0 });
export const emptyLedger = (): Ledger => ({
  packets: { ...emptyAccount(), released: 0, droppedByKernel: 0, droppedByInterface: 0 },
  files: emptyAccount(),
  bytes: emptyAccount(),
});

export const addAccounts = (a: Account, b: Account): Account => ({
  captured: a.captured + b.captured,
  uploaded: a.uploaded + b.uploaded,
  pending: a.pending + b.pending,
  discarded: a.discarded + b.discarded,
});

/** The sum of two ledgers. */
export function addLedgers(a: Ledger, b: Ledger): Ledger {
  return {
    packets: {
      ...addAccounts(a.packets, b.packets),
      released: a.packets.released + b.packets.released,
      droppedByKernel: a.packets.droppedByKernel + b.packets.droppedByKernel,
      droppedByInterface: a.packets.droppedByInterface + b.packets.droppedByInterface,
    },
    files: addAccounts(a.files, b.files),
    bytes: addAccounts(a.bytes, b.bytes),
  };
}

/** Whether an account balances (invariant 1). */
export const balances = (a: Account): boolean => a.captured === a.uploaded + a.pending + a.discarded;
