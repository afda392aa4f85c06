// What this user may do, and which role gives what is missing.
import { GROUP } from '../../api/group.js';
import type { ResourceAttributes } from '../access.js';
import { roleFor } from '../roles.js';
import { findingsOf, type Finding } from './finding.js';
import type { Seen } from './seen.js';

/** Several rights that are of use only together. */
export interface Need {
  attributes: ResourceAttributes[];
  /** What one does with them: "you may …". */
  todo: string;
}

const rights = (group: string, resource: string, verbs: string[], namespace?: string): ResourceAttributes[] => {
  const [plural = '', subresource] = resource.split('/');
  return verbs.map((verb) => ({ group, resource: plural, ...(subresource !== undefined && { subresource }), verb, ...(namespace !== undefined && { namespace }) }));
};

export const userNeeds = (namespace: string, jobsNamespace: string): Need[] => {
  return [
    { todo: `see captures of namespace "${namespace}"`, attributes: rights(GROUP, 'packetcaptures', ['get', 'list', 'watch'], namespace) },
    { todo: 'start captures', attributes: rights(GROUP, 'packetcaptures', ['create'], namespace) },
    { todo: 'stop captures, take snapshots, change and delete', attributes: rights(GROUP, 'packetcaptures', ['patch', 'delete'], namespace) },
    { todo: 'download files without keys to the bucket', attributes: rights(GROUP, 'capturedownloads', ['create', 'get', 'delete'], namespace) },
    { todo: 'see packets live', attributes: rights('', 'pods/portforward', ['get', 'create'], jobsNamespace) },
  ];
};

const RBAC = 'rbac.authorization.k8s.io';
const MAKE = ['create', 'get', 'patch'];

/** What kubectl apply -k config/default writes. */
export const installerNeeds = (namespaces: string[]): Need[] => {
  const everywhere = (group: string, ...plurals: string[]): ResourceAttributes[] => plurals.flatMap((plural) => rights(group, plural, MAKE));
  const inEach = (group: string, ...plurals: string[]): ResourceAttributes[] => namespaces.flatMap((namespace) => plurals.flatMap((plural) => rights(group, plural, MAKE, namespace)));
  return [
    { todo: 'install namespaces, CRDs and a PriorityClass', attributes: [...everywhere('', 'namespaces'), ...everywhere('apiextensions.k8s.io', 'customresourcedefinitions'), ...everywhere('scheduling.k8s.io', 'priorityclasses')] },
    { todo: 'install roles, and bind them', attributes: [...everywhere(RBAC, 'clusterroles', 'clusterrolebindings'), ...inEach(RBAC, 'roles', 'rolebindings')] },
    { todo: 'install the operator', attributes: [...inEach('', 'serviceaccounts'), ...inEach('networking.k8s.io', 'networkpolicies'), ...inEach('apps', 'deployments')] },
  ];
};

const { ok, warn, fail } = findingsOf('rights');

/** `must`: without it nothing goes on; else a missing right is worth a note. */
export function checkRights(need: Need, answers: Seen<boolean>[], { must }: { must: boolean }): Finding {
  const missing = need.attributes.filter((_, index) => !isGranted(answers[index]));
  const problem = answers.find((answer) => !('value' in answer));
  if (problem) return warn(`cannot see whether you may ${need.todo}: ${'problem' in problem ? problem.problem : 'this user may not ask'}`);
  if (missing.length === 0) return ok(`you may ${need.todo}`);
  const message = `you may not ${need.todo}: ${described(missing)}`;
  const fix = fixOf(missing);
  return must ? fail(message, fix) : warn(message, fix);
}

function fixOf([first]: ResourceAttributes[]): string {
  const { verb = '', resource = '', subresource, group = '', namespace } = first ?? {};
  const role = roleFor(verb, subresource === undefined ? resource : `${resource}/${subresource}`, group);
  return role === undefined ? 'ask whoever administers the cluster' : `the role ${role} gives it, bound in namespace ${namespace}`;
}

const isGranted = (answer: Seen<boolean> | undefined): boolean => answer !== undefined && 'value' in answer && answer.value;

/** "no create, patch of packetcaptures.packetcapture.dev in shop": resources of the same verbs together. */
function described(missing: ResourceAttributes[]): string {
  const verbs = new Map<string, string[]>();
  for (const { group, resource, subresource, verb, namespace } of missing) {
    const what = `${resource}${subresource === undefined ? '' : `/${subresource}`}${group === '' ? '' : `.${group}`}${namespace === undefined ? '' : ` in ${namespace}`}`;
    verbs.set(what, [...(verbs.get(what) ?? []), verb]);
  }
  const resources = new Map<string, string[]>();
  for (const [what, list] of verbs) resources.set(list.join(', '), [...(resources.get(list.join(', ')) ?? []), what]);
  return [...resources].map(([list, whats]) => `no ${list} of ${whats.join(', ')}`).join('; ');
}
