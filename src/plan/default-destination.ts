// Which destination captures use that name none: of several that claim it, the newest that allows the namespace; each says how it stands.
import { DEFAULT_DESTINATION_ANNOTATION } from '../api/group.js';
import { CONDITION, DESTINATION_REASON } from '../api/reasons.js';
import { allows, isRestricted, type NamespaceLabels } from './allowed-namespaces.js';
import type { ObjectMeta } from './objects.js';
import { verdict, type Verdict } from './verdict.js';

interface Claimant {
  metadata: ObjectMeta;
  spec: unknown;
}

export const isDefault = ({ metadata }: Pick<Claimant, 'metadata'>): boolean => metadata.annotations?.[DEFAULT_DESTINATION_ANNOTATION] === 'true';

/** All that claim to be the default, the one that is first. */
export const claimants = <T extends Claimant>(all: T[]): T[] =>
  all.filter(isDefault).sort((a, b) => (b.metadata.creationTimestamp ?? '').localeCompare(a.metadata.creationTimestamp ?? '') || a.metadata.name.localeCompare(b.metadata.name));

/** The default destination of a namespace with these labels: of several that allow it, the newest. */
export const defaultDestination = <T extends Claimant>(all: T[], labels: NamespaceLabels): T | undefined => claimants(all).find((claimant) => allows(claimant, labels));

/** The condition Default of a destination; undefined where it does not claim to be it. */
export function defaultVerdict(destination: Claimant, all: Claimant[]): Verdict | undefined {
  if (!isDefault(destination)) return undefined;
  const order = claimants(all);
  const at = order.findIndex(({ metadata }) => metadata.name === destination.metadata.name);
  const newer = order.slice(0, Math.max(at, 0));
  const older = order.slice(at + 1);
  const fix = `remove the annotation ${DEFAULT_DESTINATION_ANNOTATION} from all but one`;
  const first = newer.find((claimant) => !isRestricted(claimant));
  if (first) return verdict(CONDITION.default, 'False', DESTINATION_REASON.newerDefault, `"${first.metadata.name}" is newer and claims to be the default too: captures that name no destination use that one; ${fix}`);

  const use = `captures ${isRestricted(destination) ? 'of the namespaces that it allows ' : ''}that name no destination use this one`;
  if (newer.length > 0) return verdict(CONDITION.default, 'True', DESTINATION_REASON.olderDefault, `${use} where no newer default allows their namespace: ${names(newer)}`);
  if (older.length === 0) return verdict(CONDITION.default, 'True', DESTINATION_REASON.onlyDefault, use);
  const rest = isRestricted(destination) ? 'and is that of the namespaces that this one leaves' : fix;
  return verdict(CONDITION.default, 'True', DESTINATION_REASON.newestDefault, `${use}, the newest that claims to be the default; ${names(older)} claims it too${isRestricted(destination) ? ', ' : ': '}${rest}`);
}

const names = (claimants: Claimant[]): string => claimants.map(({ metadata }) => `"${metadata.name}"`).join(', ');
