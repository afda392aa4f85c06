// What errors mean to a user. The roles that are named give what is lacked.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { failureOf } from '../../../src/cli/failure-of.js';
import { roleFor } from '../../../src/cli/roles.js';
import { KubeError } from '../../../src/kube/errors.js';

interface Role {
  metadata: { name: string };
  rules: { apiGroups: string[]; resources: string[]; verbs: string[] }[];
}
const roles = parseAllDocuments(readFileSync(new URL('../../../config/rbac/users.yaml', import.meta.url), 'utf8')).map((document) => document.toJSON() as Role);
const gives = (name: string, verb: string, resource: string, group: string): boolean =>
  roles.find(({ metadata }) => metadata.name === name)?.rules.some((rule) => rule.apiGroups.includes(group) && rule.resources.includes(resource) && rule.verbs.includes(verb)) ?? false;

const OURS = 'packetcapture.dev';

describe('a role that is named for a right gives it', () => {
  const asked = [
    ...['get', 'list', 'watch', 'create', 'patch', 'delete'].flatMap((verb) => ['packetcaptures', 'capturedownloads', 'clustercapturedestinations'].map((resource) => [verb, resource, OURS] as const)),
    ['create', 'pods/portforward', ''] as const,
  ].filter(([verb, resource]) => !(verb === 'patch' && resource === 'capturedownloads'));

  test.each(asked)('%s %s', (verb, resource, group) => {
    const named = [...(roleFor(verb, resource, group) ?? '').matchAll(/packetcapture-[a-z-]+/g)].map(([name]) => name);
    expect(named.length).toBeGreaterThan(0);
    for (const name of named) expect({ name, gives: gives(name, verb, resource, group) }).toEqual({ name, gives: true });
  });
});

test.each([
  ['what is of no namespace', 'clustercapturedestinations.packetcapture.dev is forbidden: User "jane" cannot list resource "clustercapturedestinations" in API group "packetcapture.dev" at the cluster scope', 'user "jane" may not list clustercapturedestinations.packetcapture.dev: the ClusterRole packetcapture-destination-view gives it'],
  ['pods', 'pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "shop"', 'user "jane" may not list pods in namespace "shop": the ClusterRole view gives it'],
  ['live', 'pods "x" is forbidden: User "jane" cannot create resource "pods/portforward" in API group "" in the namespace "packetcapture-jobs"', 'user "jane" may not create pods/portforward in namespace "packetcapture-jobs": the Role packetcapture-live gives it'],
  ['what no role of ours gives', 'secrets is forbidden: User "jane" cannot list resource "secrets" in API group "" in the namespace "shop"', 'user "jane" may not list secrets in namespace "shop": ask whoever administers the cluster'],
  ['an admission plugin', 'packetcaptures "x" is forbidden: exceeded quota: captures', 'the API server refuses: packetcaptures "x" is forbidden: exceeded quota: captures'],
])('forbidden: %s', (_, message, said) => {
  expect(failureOf(new KubeError({ status: 403, reason: 'Forbidden', message }))).toMatchObject({ message: said, exitCode: 6 });
});

test('an object that is not there, and any other refusal, are told in the words of the API server', () => {
  expect(failureOf(new KubeError({ status: 404, reason: 'NotFound', message: 'namespaces "shop" not found', details: { name: 'shop' } }))).toMatchObject({ message: 'namespaces "shop" not found', exitCode: 7 });
  expect(failureOf(new KubeError({ status: 422, reason: 'Invalid', message: 'spec.ring: no' }))).toMatchObject({ message: 'spec.ring: no', exitCode: 1 });
});
