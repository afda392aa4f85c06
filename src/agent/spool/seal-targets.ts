// Targets that ended leave the state: what they captured stays in one sum, so that a recorder of pods that come and go stays small.
import { addLedgers } from '../../protocol/ledger.js';
import { targetLedger } from '../ledger.js';
import type { SpoolEvent } from './events.js';
import { hasEnded, parseSavefileID, type SpoolState, type TargetState } from './state.js';

const DISCARDED_KEPT = 1000;

/** A target leaves once, whatever is repeated. */
export function sealTargets(state: SpoolState, { number, key, sha256, targets }: SpoolEvent & { type: 'targetsSealed' }): void {
  const { sealedTargets } = state;
  for (const name of targets) {
    const target = state.targets[name];
    if (!target) continue;
    sealedTargets.ledger = addLedgers(sealedTargets.ledger, targetLedger(target, [], undefined));
    const { discarded, released } = target.settled.packets;
    if (discarded > released) sealedTargets.discarded = [...sealedTargets.discarded, name].slice(-DISCARDED_KEPT);
    delete state.targets[name];
  }
  sealedTargets.segments.push({ number, key, sha256, targets: targets.length, uploaded: false });
}

/** Targets that ended and of which nothing is on the disk or in the account of files that are not settled; who ended first comes first. */
export function settledTargets(state: Readonly<SpoolState>): TargetState[] {
  const files = [...Object.values(state.pending), ...Object.values(state.leaving), ...Object.keys(state.cuts).flatMap((id) => parseSavefileID(id) ?? [])];
  const busy = new Set(files.map(({ target }) => target));
  return Object.values(state.targets)
    .filter((target) => hasEnded(target) && target.running === undefined && !busy.has(target.name))
    .sort((a, b) => (a.stopMs ?? 0) - (b.stopMs ?? 0));
}
