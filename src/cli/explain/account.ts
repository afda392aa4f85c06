// What the manifests of a run say together: each attempt wrote one, and of those that share a spool the last has the whole account.
import { addLedgers, emptyLedger, type Ledger } from '../../protocol/ledger.js';
import type { Manifest, ManifestGap, ManifestTarget } from '../../protocol/manifest.js';
import { recordOf } from '../download/record.js';

export interface Account {
  ledger: Ledger;
  /** Packets by reason. */
  discards: Record<string, number>;
  /** Oldest first; of many on a node the newest. */
  gaps: ManifestGap[];
  /** By name; those of earlier spools first. */
  targets: ManifestTarget[];
  nodes: string[];
  /** Attempts, of all nodes. */
  attempts: number;
}

/** `endedTargets`: what the segments hold. */
export function accountOf(manifests: Manifest[], endedTargets: ManifestTarget[] = []): Account {
  const whole = recordOf(manifests, () => []).spools;
  const discards: Record<string, number> = {};
  for (const [reason, packets] of whole.flatMap((manifest) => Object.entries(manifest.discards))) discards[reason] = (discards[reason] ?? 0) + packets;
  const targets = new Map([...endedTargets, ...whole.flatMap((manifest) => manifest.targets)].map((target) => [target.name, target]));
  return {
    ledger: whole.reduce((sum, { ledger }) => addLedgers(sum, ledger), emptyLedger()),
    discards,
    gaps: whole.flatMap(({ gaps }) => gaps).sort((a, b) => a.from.localeCompare(b.from)),
    targets: [...targets.values()],
    nodes: [...new Set(whole.map(({ node }) => node))].sort(),
    attempts: new Set(manifests.map(({ node, attempt }) => `${node}/${attempt}`)).size,
  };
}
