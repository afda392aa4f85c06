// The operator's roles as they are installed, right by right, each of which can be taken away and given back.
import type { Kube } from '../../../../src/kube/kube.js';
import type { KubeObject } from '../../../../src/kube/object.js';
import type { Resource } from '../../../../src/kube/resources.js';
import { eventually } from '../../eventually.js';
import { JOBS_NAMESPACE, SYSTEM_NAMESPACE } from '../scene.js';

const rbac = (plural: string, namespaced: boolean): Resource => ({ group: 'rbac.authorization.k8s.io', version: 'v1', plural, namespaced });
const REVIEWS: Resource = { group: 'authorization.k8s.io', version: 'v1', plural: 'subjectaccessreviews', namespaced: false };

interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
  resourceNames?: string[];
}
type Role = KubeObject & { rules: Rule[] };

export interface Right {
  /** Where it holds: a namespace; `*`: all of them and what is of none. */
  where: string;
  /** `jobs.batch`, `pods/log`. */
  resource: string;
  verb: string;
  rule: Rule;
}

export const idOf = ({ where, resource, verb }: Right): string => `${where === '*' ? 'cluster' : where} ${resource} ${verb}`;

const ROLE_NAME = 'packetcapture-operator';
const PLACES = ['*', JOBS_NAMESPACE, SYSTEM_NAMESPACE];
const resourceOf = (where: string): Resource => (where === '*' ? rbac('clusterroles', false) : rbac('roles', true));
const namespaceOf = (where: string): string | undefined => (where === '*' ? undefined : where);

const roleAt = async (admin: Kube, where: string): Promise<Role> => (await admin.get<Role>(resourceOf(where), namespaceOf(where), ROLE_NAME)) as Role;

export async function rights(admin: Kube): Promise<Right[]> {
  const roles = await Promise.all(PLACES.map(async (where) => ({ where, rules: (await roleAt(admin, where)).rules })));
  return roles.flatMap(({ where, rules }) => rules.flatMap((rule) => atomsOf(rule).map((atom) => rightOf(where, atom))));
}

const atomsOf = ({ apiGroups, resources, verbs, ...rest }: Rule): Rule[] =>
  apiGroups.flatMap((group) => resources.flatMap((resource) => verbs.map((verb) => ({ apiGroups: [group], resources: [resource], verbs: [verb], ...rest }))));

function rightOf(where: string, rule: Rule): Right {
  const { apiGroups: [group = ''], resources: [name = ''], verbs: [verb = ''] } = rule;
  const [plural = '', subresource] = name.split('/');
  return { where, verb, resource: `${plural}${group && `.${group}`}${subresource === undefined ? '' : `/${subresource}`}`, rule };
}

/** Takes one right away; resolves, once the API server minds that, to what gives it back. */
export async function without(admin: Kube, user: string, right: Right): Promise<() => Promise<void>> {
  const { where } = right;
  const role = await roleAt(admin, where);
  const rest = role.rules.flatMap(atomsOf).filter((atom) => idOf(rightOf(where, atom)) !== idOf(right));
  const write = async (rules: Rule[], expected: boolean): Promise<void> => {
    const { metadata, ...present } = await roleAt(admin, where);
    await admin.replace(resourceOf(where), { ...present, metadata, rules });
    await eventually(`${idOf(right)} is ${expected ? 'allowed' : 'refused'}: no other rule may give it too`, async () => (await isAllowed(admin, user, right)) === expected);
  };
  await write(rest, false);
  return () => write(role.rules, true);
}

async function isAllowed(admin: Kube, user: string, { where, verb, rule }: Right): Promise<boolean> {
  const { apiGroups: [group], resources: [name = ''], resourceNames } = rule;
  const [resource, subresource] = name.split('/');
  const resourceAttributes = { group, resource, subresource, verb, ...(where !== '*' && { namespace: where }), ...(resourceNames && { name: resourceNames[0] }) };
  const review = await admin.create<KubeObject & { status: { allowed: boolean } }>(REVIEWS, undefined, { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', metadata: {}, spec: { user, resourceAttributes } });
  return review.status.allowed;
}
