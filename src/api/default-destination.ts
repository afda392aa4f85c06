// Which destination captures use that name none: of several that claim it, the newest that allows the namespace.
import { allows, type NamespaceLabels } from './allowed-namespaces.js';
import { DEFAULT_DESTINATION_ANNOTATION } from './group.js';

export interface Claimant {
  metadata: { name: string; creationTimestamp?: string; annotations?: Record<string, string> };
  spec: unknown;
}

export const isDefault = ({ metadata }: Pick<Claimant, 'metadata'>): boolean => metadata.annotations?.[DEFAULT_DESTINATION_ANNOTATION] === 'true';

/** All that claim to be the default, the one that is first. */
export const claimants = <T extends Claimant>(all: T[]): T[] =>
  all.filter(isDefault).sort((a, b) => (b.metadata.creationTimestamp ?? '').localeCompare(a.metadata.creationTimestamp ?? '') || a.metadata.name.localeCompare(b.metadata.name));

/** The default destination of a namespace with these labels: of several that allow it, the newest. */
export const defaultDestination = <T extends Claimant>(all: T[], labels: NamespaceLabels): T | undefined => claimants(all).find((claimant) => allows(claimant, labels));
