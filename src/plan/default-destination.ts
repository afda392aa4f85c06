// Which destination captures use that name none: of several that claim it, the newest; each says how it stands.
import { DEFAULT_DESTINATION_ANNOTATION } from '../api/group.js';
import { CONDITION, DESTINATION_REASON } from '../api/reasons.js';
import type { ObjectMeta } from './objects.js';
import { verdict, type Verdict } from './verdict.js';

interface Claimant {
  metadata: ObjectMeta;
}

export const isDefault = ({ metadata }: Claimant): boolean => metadata.annotations?.[DEFAULT_DESTINATION_ANNOTATION] === 'true';

/** All that claim to be the default, the one that is first. */
const claimants = <T extends Claimant>(all: T[]): T[] =>
  all.filter(isDefault).sort((a, b) => (b.metadata.creationTimestamp ?? '').localeCompare(a.metadata.creationTimestamp ?? '') || a.metadata.name.localeCompare(b.metadata.name));

/** The default destination: of several, the newest. */
export const defaultDestination = <T extends Claimant>(all: T[]): T | undefined => claimants(all)[0];

/** The condition Default of a destination; undefined where it does not claim to be it. */
export function defaultVerdict(destination: Claimant, all: Claimant[]): Verdict | undefined {
  if (!isDefault(destination)) return undefined;
  const [first, ...others] = claimants(all);
  if (!first || others.length === 0) return verdict(CONDITION.default, 'True', DESTINATION_REASON.onlyDefault, 'captures that name no destination use this one');
  const fix = `remove the annotation ${DEFAULT_DESTINATION_ANNOTATION} from all but one`;
  if (first.metadata.name === destination.metadata.name) {
    const names = others.map(({ metadata }) => `"${metadata.name}"`).join(', ');
    return verdict(CONDITION.default, 'True', DESTINATION_REASON.newestDefault, `captures that name no destination use this one, the newest that claims to be the default; ${names} claims it too: ${fix}`);
  }
  return verdict(CONDITION.default, 'False', DESTINATION_REASON.newerDefault, `"${first.metadata.name}" is newer and claims to be the default too: captures that name no destination use that one; ${fix}`);
}
