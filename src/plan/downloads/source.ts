// Whose keys sign for a download: those of the run's own destination, while it still is what the run began with, is Ready and takes this namespace.
import type { CaptureDestinationSpec } from '../../api/destination.js';
import { allows } from '../../api/allowed-namespaces.js';
import { readySpec, sourceOfKeys, type DestinationObject, type Tenant } from '../destination.js';
import type { PinnedDestination } from '../record.js';
import { waiting, type Obstacle } from '../waiting.js';

export type ChosenSource = { source: DestinationObject; spec: CaptureDestinationSpec; obstacle?: undefined } | { source?: undefined; obstacle: Obstacle };

export function chooseSource(pinned: PinnedDestination, { namespace, labels }: Tenant, all: DestinationObject[]): ChosenSource {
  const named = all.find(({ metadata }) => metadata.name === pinned.name);
  if (!named) return { obstacle: waiting('DestinationNotFound', `ClusterCaptureDestination "${pinned.name}", which the run began with, does not exist any more; have it made again, or ask whoever has keys to the bucket`) };
  if (!allows(named, labels)) return { obstacle: waiting('NamespaceNotAllowed', `ClusterCaptureDestination "${pinned.name}" does not allow namespace "${namespace}" any more, so nothing is given out of it; ask its owner to allow the namespace (its spec.allowedNamespaces and the labels of the namespace decide)`) };
  const ready = readySpec(named);
  if (!ready.spec) return { obstacle: ready.obstacle };
  const source = sourceOfKeys(pinned, all);
  if (!source) return { obstacle: waiting('DestinationChanged', `ClusterCaptureDestination "${pinned.name}" is for another bucket or service now than when the run began, and its keys are not for these files; ask its owner`) };
  return { source, spec: ready.spec };
}
