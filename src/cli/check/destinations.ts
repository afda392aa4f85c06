// Whether there is somewhere for captures to go, and where those of a namespace go that name none.
import { allows, isRestricted, type NamespaceLabels } from '../../api/allowed-namespaces.js';
import { claimants, defaultDestination } from '../../api/default-destination.js';
import type { CaptureDestinationStatus } from '../../api/destination.js';
import { DEFAULT_DESTINATION_ANNOTATION } from '../../api/group.js';
import { REASONS, entryOf } from '../../api/reason-table.js';
import type { KubeObject } from '../../kube/object.js';
import { findingsOf, type Finding } from './finding.js';
import { judge, type Seen } from './seen.js';

export interface DestinationSeen extends KubeObject {
  spec: unknown;
  status?: CaptureDestinationStatus;
}

const findings = findingsOf('destinations');
const { ok, warn, fail } = findings;
const ANNOTATE = `kubectl annotate clustercapturedestination NAME ${DEFAULT_DESTINATION_ANNOTATION}=true`;

/** `namespaceLabels`: those of the namespace; undefined where it is not there. */
export const checkDestinations = (destinations: Seen<DestinationSeen[]>, namespace: string, namespaceLabels: Seen<NamespaceLabels>): Finding[] =>
  judge(destinations, 'destinations', findings, (all) => {
    if (all.length === 0) return [fail('there is no ClusterCaptureDestination: every capture waits for one', 'create one, as docs/destinations.md has it')];
    return [...all.map(checkReady), checkDefault(all), ...checkNamespace(all, namespace, namespaceLabels)];
  });

function checkReady({ metadata: { name, generation }, status }: DestinationSeen): Finding {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  if (!ready || (ready.observedGeneration ?? 0) < (generation ?? 0)) return fail(`destination "${name}" was not looked at by the operator yet`, 'wait a moment; if it stays, look after the operator');
  if (ready.status === 'True') return ok(`destination "${name}" is Ready: ${ready.reason}`);
  return fail(`destination "${name}" is not Ready: ${ready.reason}: ${ready.message}`, entryOf(ready.reason ?? '')?.remedy ?? `see kubectl describe clustercapturedestination ${name}`);
}

function checkDefault(all: DestinationSeen[]): Finding {
  const claims = claimants(all);
  const [newest] = claims;
  if (!newest) return warn('no destination is the default: a capture that names none waits', ANNOTATE);
  if (claims.length === 1) return ok(`destination "${newest.metadata.name}" is the default${isRestricted(newest) ? ' of the namespaces that it allows' : ''}`);
  const names = claims.map(({ metadata }) => `"${metadata.name}"`).join(', ');
  const first = claims.findIndex((claim) => !isRestricted(claim));
  // Each for its own namespaces, the oldest for the rest: so it may be meant.
  if (first < 0 || first === claims.length - 1) return ok(`several destinations are the default, each for its namespaces: ${names}`);
  return warn(`several destinations claim to be the default: ${names}; the newest, "${newest.metadata.name}", is it`, REASONS.NewerDefault.remedy);
}

function checkNamespace(all: DestinationSeen[], namespace: string, seen: Seen<NamespaceLabels>): Finding[] {
  const isOpen = !all.some(isRestricted);
  return judge(isOpen && !('value' in seen) ? { value: {} } : seen, `the labels of namespace "${namespace}", by which destinations allow it`, findings, (labels) => {
    if (labels === undefined) return [fail(`namespace "${namespace}" is not there`, 'name another one with -n')];
    const allowed = all.filter((destination) => allows(destination, labels)).map(({ metadata }) => `"${metadata.name}"`);
    if (allowed.length === 0) return [fail(`no destination takes captures of namespace "${namespace}"`, REASONS.NamespaceNotAllowed.remedy ?? '')];
    const chosen = defaultDestination(all, labels);
    if (!chosen) return [warn(`no default destination takes captures of namespace "${namespace}": they have to name one of ${allowed.join(', ')}`, 'name it in spec.storage.destinationRef')];
    return [ok(`captures of namespace "${namespace}" that name no destination go to "${chosen.metadata.name}"`)];
  });
}
