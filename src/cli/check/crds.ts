// Whether the CRDs are there, take objects, and know every field that this plugin writes and reads.
import { customResourceDefinitions, type JSONSchema } from '../../api/crd.js';
import { GROUP, VERSION } from '../../api/group.js';
import type { KubeObject } from '../../kube/object.js';
import { findingsOf, type Finding } from './finding.js';
import { judge, type Seen } from './seen.js';

export interface CrdObject extends KubeObject {
  spec?: { versions?: { name: string; served?: boolean; schema?: { openAPIV3Schema?: JSONSchema } }[] };
  status?: { conditions?: { type: string; status: string; message?: string }[] };
}

export const CRDS = customResourceDefinitions() as unknown as (CrdObject & { metadata: { name: string } })[];
const APPLY = 'apply crds/ of this version: kubectl apply -k crds/';
const FIELDS_NAMED = 5;

const findings = findingsOf('crds');
const { ok, warn, fail } = findings;

/** `served`: plural names by discovery, which everybody may read; `installed`: those of CRDS, each where it is there. */
export function checkCrds(served: Seen<string[] | undefined>, installed: Seen<(CrdObject | undefined)[]>): Finding[] {
  if ('value' in installed) return CRDS.map((expected, index) => checkCrd(expected, installed.value[index]));
  return judge(served, 'what the API server serves', findings, (plurals) => {
    const missing = CRDS.map(({ metadata }) => metadata.name).filter((name) => !plurals?.includes(name.slice(0, -GROUP.length - 1)));
    if (missing.length > 0) return missing.map((name) => fail(`${name} is not served in ${VERSION}`, APPLY));
    const unseen = 'forbidden' in installed ? 'this user may not read customresourcedefinitions' : installed.problem;
    return [ok(`${CRDS.map(({ metadata }) => metadata.name).join(', ')}: served in ${VERSION}`), warn(`cannot see whether the CRDs have every field of this plugin: ${unseen}`, 'ask whoever administers the cluster to run this check')];
  });
}

function checkCrd(expected: CrdObject, crd: CrdObject | undefined): Finding {
  const { name } = expected.metadata;
  if (!crd) return fail(`${name} is not there`, APPLY);
  if (crd.metadata.deletionTimestamp !== undefined) return fail(`${name} is being deleted, and every object of it`, `wait until it is gone, then ${APPLY}`);
  const established = crd.status?.conditions?.find(({ type }) => type === 'Established');
  if (established?.status !== 'True') return fail(`${name} is not established: ${conflictOf(crd) ?? 'the API server has not taken it in yet'}`, 'wait a moment; if it stays, see kubectl describe crd');
  const version = crd.spec?.versions?.find((candidate) => candidate.name === VERSION);
  if (!version?.served) return fail(`${name} does not serve ${VERSION}`, APPLY);
  const missing = missingFields(schemaOf(expected), version.schema?.openAPIV3Schema);
  if (missing.length === 0) return ok(`${name} is established, serves ${VERSION} and has every field of this plugin`);
  const more = missing.length > FIELDS_NAMED ? ` and ${missing.length - FIELDS_NAMED} more` : '';
  return fail(`${name} is older than this plugin: it lacks ${missing.slice(0, FIELDS_NAMED).join(', ')}${more}`, APPLY);
}

const conflictOf = ({ status }: CrdObject): string | undefined => status?.conditions?.find(({ type, status: state }) => type === 'NamesAccepted' && state === 'False')?.message;

const schemaOf = ({ spec }: CrdObject): JSONSchema => spec?.versions?.[0]?.schema?.openAPIV3Schema ?? {};

/** Paths of the fields that are expected and not there; of a whole branch its root. */
export function missingFields(expected: JSONSchema, installed: JSONSchema | undefined, path: string[] = []): string[] {
  if (!installed) return [path.join('.')];
  if (installed['x-kubernetes-preserve-unknown-fields'] === true) return [];
  const properties = Object.entries(expected.properties ?? {}).flatMap(([name, property]) => missingFields(property, installed.properties?.[name], [...path, name]));
  return expected.items && installed.items ? [...properties, ...missingFields(expected.items, installed.items, path)] : properties;
}
