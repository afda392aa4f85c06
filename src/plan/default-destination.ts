// The condition Default of each destination that claims to be the default one: how it stands beside the others.
import { isRestricted } from '../api/allowed-namespaces.js';
import { claimants, isDefault, type Claimant } from '../api/default-destination.js';
import { DEFAULT_DESTINATION_ANNOTATION } from '../api/group.js';
import { CONDITION, DESTINATION_REASON } from '../api/reasons.js';
import { verdict, type Verdict } from './verdict.js';

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
