// check on a real API server: before and after an installation, with an older CRD, without destinations, and for a user who may see little.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createKube } from '../../../src/kube/client.js';
import { LEASES, NODES } from '../../../src/kube/resources.js';
import { run, type Ran } from '../../unit/cli/support.js';
import { startApiServer, type ApiServer, type Identity } from '../api-server.js';
import { eventually } from '../eventually.js';

const CRD = 'packetcaptures.packetcapture.dev';
const DESTINATIONS = { group: 'packetcapture.dev', version: 'v1alpha1', plural: 'clustercapturedestinations', namespaced: false };
const DEPLOYMENTS = { group: 'apps', version: 'v1', plural: 'deployments', namespaced: true };

let apiServer: ApiServer;
beforeAll(async () => {
  apiServer = await startApiServer();
  await apiServer.kubectl(['create', 'namespace', 'shop']);
}, 60_000);
afterAll(() => apiServer.stop(), 30_000);

const check = (who: Identity, ...args: string[]): Promise<Ran> => run(['check', '-n', 'shop', ...args], { env: { KUBECONFIG: who.kubeconfigPath } });
const linesOf = ({ stdout }: Ran): string[] => stdout.trimEnd().split('\n');

/** No kubelet, no controller manager and no operator run here: what they would have written. */
async function asIfItRan(): Promise<void> {
  const kube = createKube(apiServer.kubeConfig, { userAgent: 'test/1' });
  const renewTime = new Date().toISOString().replace('Z', '000Z');
  await kube.create(LEASES, 'packetcapture-system', { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'packetcapture-operator' }, spec: { holderIdentity: 'operator-1_x', leaseDurationSeconds: 3600, renewTime } });
  const replicas = { replicas: 2, availableReplicas: 2, readyReplicas: 2 };
  await kube.patch(DEPLOYMENTS, 'packetcapture-system', 'packetcapture-operator', { status: replicas }, { type: 'merge', subresource: 'status' });
  await kube.create(NODES, undefined, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-a' } });
  await kube.patch(NODES, undefined, 'node-a', { status: { conditions: [{ type: 'Ready', status: 'True' }], nodeInfo: { operatingSystem: 'linux', architecture: 'amd64' } } }, { type: 'merge', subresource: 'status' });
  await kube.create(DESTINATIONS, undefined, { apiVersion: 'packetcapture.dev/v1alpha1', kind: 'ClusterCaptureDestination', metadata: { name: 'team-bucket', annotations: { 'packetcapture.dev/is-default': 'true' } }, spec: { s3: { bucket: 'captures', auth: { secretRef: { name: 's3' } } } } });
  await kube.patch(DESTINATIONS, undefined, 'team-bucket', { status: { observedGeneration: 1, conditions: [{ type: 'Ready', status: 'True', reason: 'BucketUsable', observedGeneration: 1 }] } }, { type: 'merge', subresource: 'status' });
  kube.close();
}

/** The CRD of an older version. */
async function withoutField(change: (spec: Record<string, unknown>) => void): Promise<void> {
  const crd = JSON.parse(await apiServer.kubectl(['get', 'crd', CRD, '-o', 'json'])) as { metadata: object; spec: { versions: [{ schema: { openAPIV3Schema: { properties: { spec: { properties: Record<string, unknown> } } } } }] } };
  change(crd.spec.versions[0].schema.openAPIV3Schema.properties.spec.properties);
  await apiServer.kubectl(['replace', '-f', '-'], JSON.stringify(crd));
}

// In this order: the cluster is the same.
describe('a cluster on its way', () => {
  test('before an installation: nothing is there, and an administrator may install', async () => {
    const found = await check(apiServer);
    expect(found).toMatchObject({ code: 1, stderr: '' });
    expect(linesOf(found)).toEqual(expect.arrayContaining([
      expect.stringMatching(/^OK {3}Kubernetes v1\.\d+\.\S+ answers at https:\/\/127\.0\.0\.1:/),
      `FAIL ${CRD} is not there; apply crds/ of this version: kubectl apply -k crds/`,
      'FAIL namespace packetcapture-system is not there; install it: kubectl apply -k config/default',
      'FAIL no Deployment in packetcapture-system has the label app.kubernetes.io/name=packetcapture-operator: the operator is not installed; install it: kubectl apply -k config/default',
    ]));
    const pre = linesOf(await check(apiServer, '--pre'));
    expect(pre.filter((line) => line.startsWith('OK   you may install'))).toHaveLength(3);
    expect(pre).toContain('FAIL the cluster has no nodes; add a Linux node that is Ready, or mend one');
  });

  test('somebody may not install', async () => {
    const nobody = await apiServer.addUser('nobody');
    const pre = await check(nobody, '--pre');
    expect(pre.code).toBe(1);
    expect(linesOf(pre).filter((line) => line.startsWith('FAIL you may not install'))).toHaveLength(3);
  });

  test('installed, and no operator runs: neither its replicas nor a lease, and no destination', async () => {
    await apiServer.apply('config/default');
    await apiServer.kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s']);
    await eventually('captures are served', () => apiServer.kubectl(['get', 'pktcap,clustercapturedestinations,capturedownloads', '-A']));
    const found = linesOf(await check(apiServer));
    expect(found).toEqual(expect.arrayContaining([
      `OK   ${CRD} is established, serves v1alpha1 and has every field of this plugin`,
      expect.stringMatching(/^FAIL Deployment packetcapture-operator: 0 of 2 replicas available, image \S+; see kubectl/),
      expect.stringMatching(/^FAIL nobody holds the Lease packetcapture-operator: no operator acts; see kubectl/),
      'FAIL there is no ClusterCaptureDestination: every capture waits for one; create one, as docs/destinations.md has it',
    ]));
  });

  test('all in place: exit code 0, and the same as JSON', async () => {
    await asIfItRan();
    const found = await check(apiServer);
    expect(found.stdout).not.toMatch(/FAIL|WARN/);
    expect(found.code).toBe(0);
    expect(linesOf(found).at(-1)).toBe('everything that captures need is in place');
    const { ok, checks } = JSON.parse((await check(apiServer, '-o', 'json')).stdout) as { ok: boolean; checks: { result: string }[] };
    expect(ok).toBe(true);
    expect(checks).toHaveLength(linesOf(found).length - 1);
  });

  test('a user with packetcapture-view sees what he may not see said as that, and no failure', async () => {
    const viewer = await apiServer.addUser('viewer');
    await apiServer.kubectl(['create', 'rolebinding', 'viewer', '-n', 'shop', '--clusterrole=packetcapture-view', '--user=viewer']);
    const found = await eventually('the binding counts', async () => {
      const answer = await check(viewer);
      return answer.stdout.includes('OK   you may see captures of namespace "shop"') ? answer : undefined;
    });
    expect(found.code).toBe(0);
    expect(linesOf(found)).toEqual(expect.arrayContaining([
      `OK   ${CRD}, clustercapturedestinations.packetcapture.dev, capturedownloads.packetcapture.dev: served in v1alpha1`,
      'WARN cannot see nodes: this user may not; ask whoever administers the cluster to run this check',
      'WARN you may not start captures: no create of packetcaptures.packetcapture.dev in shop; the role packetcapture-edit (part of edit and admin), or packetcapture-creator, gives it, bound in namespace shop',
    ]));
    expect(found.stdout).not.toContain('FAIL');
  });

  test('an older CRD lacks fields of this plugin', async () => {
    await withoutField((spec) => delete spec['upload']);
    const found = await check(apiServer);
    expect(found.code).toBe(1);
    expect(linesOf(found)).toContain(`FAIL ${CRD} is older than this plugin: it lacks spec.upload; apply crds/ of this version: kubectl apply -k crds/`);
  });
});

test('an API server that is not there is the only line', async () => {
  const kubeconfigPath = path.join(path.dirname(apiServer.kubeconfigPath), 'nowhere.kubeconfig');
  await writeFile(kubeconfigPath, JSON.stringify({ clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }], users: [{ name: 'u', user: {} }], contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }], 'current-context': 'x' }));
  const found = await run(['check'], { env: { KUBECONFIG: kubeconfigPath } });
  expect(found.code).toBe(1);
  expect(linesOf(found)[0]).toMatch(/^FAIL cannot reach the API server https:\/\/127\.0\.0\.1:1: .*; check the kubeconfig/);
  expect(linesOf(found)).toHaveLength(2);
});
