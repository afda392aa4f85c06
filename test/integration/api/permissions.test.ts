// Who may do what, as the API server itself answers: every verb, for those who capture, those who look on, those who run this, and what runs by itself.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { FINALIZER } from '../../../src/api/group.js';
import { createKube } from '../../../src/kube/client.js';
import type { Kube } from '../../../src/kube/kube.js';
import type { KubeObject } from '../../../src/kube/object.js';
import type { Resource } from '../../../src/kube/resources.js';
import { PACKET_CAPTURES } from '../../../src/api/kinds.js';
import { startApiServer, type ApiServer } from '../api-server.js';
import { eventually } from '../eventually.js';

const OPERATOR = 'system:serviceaccount:packetcapture-system:packetcapture-operator';
const AGENT = 'system:serviceaccount:packetcapture-jobs:packetcapture-agent';
const VERBS = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection'];
const REVIEWS: Resource = { group: 'authorization.k8s.io', version: 'v1', plural: 'subjectaccessreviews', namespaced: false };
const ROLE_BINDINGS: Resource = { group: 'rbac.authorization.k8s.io', version: 'v1', plural: 'rolebindings', namespaced: true };
/** The core group's, where a resource stands without. */
const GROUPS: Record<string, string> = { packetcaptures: 'packetcapture.dev', capturedownloads: 'packetcapture.dev', clustercapturedestinations: 'packetcapture.dev', jobs: 'batch', leases: 'coordination.k8s.io', clusterroles: 'rbac.authorization.k8s.io', roles: 'rbac.authorization.k8s.io' };

let apiServer: ApiServer;
let admin: Kube;

beforeAll(async () => {
  apiServer = await startApiServer();
  admin = createKube(apiServer.kubeConfig, { userAgent: 'test/1' });
  await apiServer.apply('config/default');
  await apiServer.kubectl(['create', 'namespace', 'shop']);
  await apiServer.kubectl(['create', 'namespace', 'bank']);
  // No controller manager runs here: of what it would put into view, edit and admin each part is bound by itself.
  const { items } = JSON.parse(await apiServer.kubectl(['get', 'clusterroles', '-o', 'json'])) as { items: KubeObject[] };
  for (const role of ['view', 'edit', 'admin']) {
    for (const { metadata } of items.filter((item) => item.metadata.labels?.[`rbac.authorization.k8s.io/aggregate-to-${role}`] === 'true')) {
      const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: metadata.name };
      await admin.create(ROLE_BINDINGS, 'shop', { metadata: { name: `${role}-${metadata.name}` }, roleRef, subjects: [{ kind: 'User', apiGroup: roleRef.apiGroup, name: role }] });
    }
  }
  await apiServer.kubectl(['create', 'rolebinding', 'download', '--clusterrole=packetcapture-download', '--user=download', '-n', 'shop']);
  await apiServer.kubectl(['create', 'rolebinding', 'creator', '--clusterrole=packetcapture-creator', '--user=creator', '-n', 'shop']);
  await apiServer.kubectl(['create', 'rolebinding', 'live', '--role=packetcapture-live', '--user=live', '-n', 'packetcapture-jobs']);
  for (const user of ['destination-view', 'destination-admin']) await apiServer.kubectl(['create', 'clusterrolebinding', user, `--clusterrole=packetcapture-${user}`, `--user=${user}`]);
  await eventually('captures are served', () => apiServer.kubectl(['get', 'pktcap', '-A']));
}, 90_000);
afterAll(() => apiServer.stop(), 30_000);

/** `where`: a namespace, or `*` for what is of none and for all of them. */
async function may(user: string, verb: string, where: string, resource: string, group = GROUPS[resource.split('/')[0] ?? ''] ?? ''): Promise<boolean> {
  const [plural = '', subresource] = resource.split('/');
  const resourceAttributes = { group, resource: plural, subresource, verb, ...(where !== '*' && { namespace: where }) };
  const groups = ['system:authenticated', ...(user.startsWith('system:serviceaccount:') ? ['system:serviceaccounts'] : [])];
  const review = await admin.create<KubeObject & { status: { allowed: boolean } }>(REVIEWS, undefined, { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', metadata: {}, spec: { user, groups, resourceAttributes } });
  return review.status.allowed;
}

async function allowed(user: string, where: string, resource: string, group?: string): Promise<string> {
  const answers = await Promise.all(VERBS.map(async (verb) => ((await may(user, verb, where, resource, group)) ? verb : [])));
  return answers.flat().join(' ');
}

const READ = 'get list watch';
const DOWNLOAD = 'get list watch create delete';
const WRITE = 'get list watch create update patch delete';
/** What is asked about for each person. */
const ASKED = [
  ['shop', 'packetcaptures'],
  ['shop', 'packetcaptures/status'],
  ['bank', 'packetcaptures'],
  ['shop', 'capturedownloads'],
  ['shop', 'capturedownloads/status'],
  ['bank', 'capturedownloads'],
  ['*', 'clustercapturedestinations'],
  ['*', 'clustercapturedestinations/status'],
  ['packetcapture-jobs', 'jobs'],
  ['packetcapture-jobs', 'pods'],
  ['packetcapture-jobs', 'pods/log'],
  ['packetcapture-jobs', 'pods/exec'],
  ['packetcapture-jobs', 'pods/portforward'],
  ['packetcapture-jobs', 'configmaps'],
  ['packetcapture-jobs', 'secrets'],
  ['packetcapture-system', 'secrets'],
] as const;
/** What each may do with it; nothing where nothing stands. */
const PEOPLE: Record<string, Record<string, string>> = {
  view: { 'shop packetcaptures': READ },
  edit: { 'shop packetcaptures': WRITE, 'shop capturedownloads': DOWNLOAD },
  admin: { 'shop packetcaptures': WRITE, 'shop capturedownloads': DOWNLOAD },
  download: { 'shop packetcaptures': READ, 'shop capturedownloads': DOWNLOAD },
  creator: { 'shop packetcaptures': 'get list watch create' },
  'destination-view': { '* clustercapturedestinations': READ },
  'destination-admin': { '* clustercapturedestinations': WRITE },
  live: { 'packetcapture-jobs pods': 'get', 'packetcapture-jobs pods/portforward': 'get create' },
  anybody: {},
  [AGENT]: {},
};

test('people may do what their role says, in their namespace, and nothing with what captures run on', async () => {
  const found = await Promise.all(Object.keys(PEOPLE).map(async (user) => [user, Object.fromEntries((await Promise.all(ASKED.map(async ([where, resource]) => [`${where} ${resource}`, await allowed(user, where, resource)] as const))).filter(([, verbs]) => verbs !== ''))] as const));
  const rows = found.flatMap(([user, rights]) => (Object.keys(rights).length === 0 ? [`${user}: nothing`] : Object.entries(rights).map(([what, verbs]) => `${user}: ${what}: ${verbs}`)));
  process.stdout.write(`of ${ASKED.map((asked) => asked.join(' ')).join(', ')}:\n${rows.map((row) => `  ${row}\n`).join('')}`);
  expect(Object.fromEntries(found)).toEqual(PEOPLE);
});

/** All that it may, of what an API server without other extensions serves. */
const OPERATORS: Record<string, Record<string, string>> = {
  '*': {
    'packetcaptures.packetcapture.dev': 'list watch patch',
    'packetcaptures/status.packetcapture.dev': 'patch',
    'clustercapturedestinations.packetcapture.dev': 'list watch',
    'clustercapturedestinations/status.packetcapture.dev': 'patch',
    'capturedownloads.packetcapture.dev': 'list watch delete',
    'capturedownloads/status.packetcapture.dev': 'patch',
    'pods.': 'list watch',
    'deployments.apps': 'list watch',
    'statefulsets.apps': 'list watch',
    'daemonsets.apps': 'list watch',
    'replicasets.apps': 'list watch',
    'jobs.batch': 'list watch',
    'services.': 'list watch',
    'nodes.': 'get',
    'namespaces.': 'get',
    'events.': 'create patch',
    // Anybody's: what he himself may do.
    'selfsubjectaccessreviews.authorization.k8s.io': 'create',
    'selfsubjectrulesreviews.authorization.k8s.io': 'create',
  },
  shop: {},
  'packetcapture-jobs': { 'jobs.batch': 'list watch create patch delete', 'pods.': 'list watch patch', 'pods/log.': 'get', 'configmaps.': 'get list watch create update delete', 'secrets.': 'list watch create patch delete', 'events.': 'list create patch' },
  'packetcapture-system': { 'pods.': 'get list watch', 'configmaps.': 'list watch', 'secrets.': 'list watch', 'leases.coordination.k8s.io': 'create' },
};

/** Everything that the API server serves, by its own discovery. */
async function served(): Promise<{ name: string; group: string }[]> {
  const raw = async <T>(path: string): Promise<T> => JSON.parse(await apiServer.kubectl(['get', '--raw', path])) as T;
  const { groups } = await raw<{ groups: { preferredVersion: { groupVersion: string } }[] }>('/apis');
  const paths = ['/api/v1', ...groups.map(({ preferredVersion }) => `/apis/${preferredVersion.groupVersion}`)];
  const lists = await Promise.all(paths.map((path) => raw<{ groupVersion: string; resources: { name: string }[] }>(path)));
  return lists.flatMap(({ groupVersion, resources }) => resources.map(({ name }) => ({ name, group: groupVersion.includes('/') ? (groupVersion.split('/')[0] as string) : '' })));
}

describe('the operator', () => {
  test('may do what its roles say, of everything that the API server serves, and nothing else', async () => {
    const all = await served();
    expect(all.length).toBeGreaterThan(80);
    for (const where of Object.keys(OPERATORS)) {
      const found: Record<string, string> = {};
      for (const { name, group } of all) {
        const verbs = await allowed(OPERATOR, where, name, group);
        if (verbs !== '') found[`${name}.${group}`] = verbs;
      }
      expect({ where, found }).toEqual({ where, found: { ...OPERATORS['*'], ...OPERATORS[where] } });
    }
  }, 60_000);

  test.each([
    ['get', 'default', 'secrets'],
    ['list', '*', 'secrets'],
    ['get', 'packetcapture-system', 'secrets'],
    ['create', 'packetcapture-jobs', 'pods'],
    ['create', 'packetcapture-jobs', 'pods/exec'],
    ['create', 'packetcapture-jobs', 'pods/attach'],
    ['create', 'packetcapture-jobs', 'pods/portforward'],
    ['patch', 'shop', 'pods/ephemeralcontainers'],
    ['create', 'packetcapture-jobs', 'serviceaccounts/token'],
    ['get', '*', 'nodes/proxy'],
    ['create', 'shop', 'jobs'],
    ['create', 'packetcapture-system', 'jobs'],
    ['escalate', '*', 'clusterroles'],
    ['bind', '*', 'clusterroles'],
    ['bind', 'packetcapture-jobs', 'roles'],
    ['impersonate', '*', 'users'],
    ['impersonate', '*', 'groups'],
    ['impersonate', 'packetcapture-jobs', 'serviceaccounts'],
    ['update', 'packetcapture-system', 'leases'],
    ['*', '*', '*'],
  ])('may not %s in %s: %s', async (verb, where, resource) => {
    expect(await may(OPERATOR, verb, where, resource)).toBe(false);
  });
});

describe('a tenant who may edit captures', () => {
  let tenant: Kube;
  beforeAll(async () => {
    tenant = createKube((await apiServer.addUser('edit')).kubeConfig, { userAgent: 'kubectl/1' });
    await tenant.create(PACKET_CAPTURES, 'shop', { apiVersion: 'packetcapture.dev/v1alpha1', kind: 'PacketCapture', metadata: { name: 'web' }, spec: { target: { podName: 'web-0' } } });
  });

  test('writes no status: not beside the spec, and not as what it is', async () => {
    const forged = { status: { phase: 'Complete', run: { id: 'forged' } } };
    await tenant.patch(PACKET_CAPTURES, 'shop', 'web', { ...forged, spec: { duration: '1m' } }, { type: 'merge' });
    expect(await admin.get(PACKET_CAPTURES, 'shop', 'web')).toMatchObject({ spec: { duration: '1m' }, status: { observedGeneration: -1 } });
    expect((await admin.get<KubeObject & { status: object }>(PACKET_CAPTURES, 'shop', 'web'))?.status).not.toHaveProperty('phase');
    await expect(tenant.patch(PACKET_CAPTURES, 'shop', 'web', forged, { type: 'merge', subresource: 'status' })).rejects.toMatchObject({ status: 403 });
  });

  test('makes no capture with a status of its own', async () => {
    const made = await tenant.create<KubeObject & { status: object }>(PACKET_CAPTURES, 'shop', { apiVersion: 'packetcapture.dev/v1alpha1', kind: 'PacketCapture', metadata: { name: 'forged' }, spec: { target: { podName: 'web-0' } }, status: { phase: 'Complete' } });
    expect(made.status).toEqual({ observedGeneration: -1 });
  });

  test('may take the finalizer away, which is his own loss of a minute at most: the Job drains on', async () => {
    await admin.patch(PACKET_CAPTURES, 'shop', 'web', { metadata: { finalizers: [FINALIZER] } }, { type: 'merge' });
    expect(await tenant.patch<KubeObject>(PACKET_CAPTURES, 'shop', 'web', { metadata: { finalizers: null } }, { type: 'merge' })).not.toHaveProperty('metadata.finalizers');
  });

  test('reaches no other namespace', async () => {
    await expect(tenant.create(PACKET_CAPTURES, 'bank', { apiVersion: 'packetcapture.dev/v1alpha1', kind: 'PacketCapture', metadata: { name: 'web' }, spec: { target: { podName: 'web-0' } } })).rejects.toMatchObject({ status: 403 });
    await expect(tenant.list(PACKET_CAPTURES, undefined)).rejects.toMatchObject({ status: 403 });
  });
});
