// The packet account of a target and of all: what is settled, what is closed and pending, and what stands in the open file.
import { addLedgers, emptyLedger, type Ledger } from '../protocol/ledger.js';
import type { SpoolFile } from './spool/events.js';
import { pcapBytes } from './spool/settle.js';
import type { SpoolState, TargetState } from './spool/state.js';

/** What stands in the open savefile behind the last cut, as far as it was scanned. */
export interface OpenFile {
  packets: number;
  /** As it will be delivered. */
  bytes: number;
  lastUs: number | undefined;
}

const pendingLedger = (packets: number, bytes: number): Ledger => {
  const files = 1;
  return {
    packets: { captured: packets, uploaded: 0, pending: packets, discarded: 0, released: 0, droppedByKernel: 0, droppedByInterface: 0 },
    files: { captured: files, uploaded: 0, pending: files, discarded: 0 },
    bytes: { captured: bytes, uploaded: 0, pending: bytes, discarded: 0 },
  };
};

/** captured = uploaded + pending + discarded, since each file is in exactly one of the three. A file without packets is none. */
export function targetLedger(target: TargetState, pending: SpoolFile[], open: OpenFile | undefined): Ledger {
  const drops: Ledger = emptyLedger();
  drops.packets.droppedByKernel = target.drops.kernel;
  drops.packets.droppedByInterface = target.drops.interface;
  const files = pending.map((file) => pendingLedger(file.packets, pcapBytes(file)));
  if (open && open.packets > 0) files.push(pendingLedger(open.packets, open.bytes));
  return [drops, ...files].reduce(addLedgers, target.settled);
}

export interface Ledgers {
  total: Ledger;
  targets: Map<string, Ledger>;
}

export function ledgersOf(state: SpoolState, open: ReadonlyMap<string, OpenFile>): Ledgers {
  const pending = new Map<string, SpoolFile[]>();
  for (const file of Object.values(state.pending)) {
    const files = pending.get(file.target);
    if (files) files.push(file);
    else pending.set(file.target, [file]);
  }
  const targets = new Map(Object.values(state.targets).map((t) => [t.name, targetLedger(t, pending.get(t.name) ?? [], open.get(t.name))]));
  return { total: [...targets.values()].reduce(addLedgers, state.sealedTargets.ledger), targets };
}
