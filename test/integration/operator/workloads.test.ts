// The workloads that captures name, on a real API server: their selectors, as they are now, and nobody watched longer than needed.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { WorkloadRef } from '../../../src/api/capture-spec.js';
import { createKube, type RequestInfo } from '../../../src/kube/client.js';
import type { Kube } from '../../../src/kube/kube.js';
import { silent } from '../../../src/kube/log.js';
import { Workloads } from '../../../src/operator/workloads.js';
import { selectorOf } from '../../../src/plan/workload.js';
import { startApiServer, type ApiServer } from '../api-server.js';
import { eventually } from '../eventually.js';

let apiServer: ApiServer;
let admin: Kube;
let kube: Kube;
const requests: RequestInfo[] = [];
const watchesOf = (plural: string): number => requests.filter(({ verb, resource }) => verb === 'watch' && resource === plural).length;

beforeAll(async () => {
  apiServer = await startApiServer({});
  admin = createKube(apiServer.kubeConfig, { userAgent: 'test/1' });
  // As the operator's own ClusterRole allows, and no more.
  await apiServer.apply('config/default');
  await apiServer.kubectl(['create', 'clusterrolebinding', 'operator', '--clusterrole=packetcapture-operator', '--user=operator']);
  kube = createKube((await apiServer.addUser('operator')).kubeConfig, { userAgent: 'packetcapture/1', onRequest: (request) => requests.push(request) });
  await apiServer.kubectl(['create', 'namespace', 'shop']);
}, 120_000);
afterAll(() => apiServer.stop(), 30_000);

const labels = { app: 'web' };
const template = { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'x' }] } };
const SPEC: Record<WorkloadRef['kind'], object> = {
  Deployment: { selector: { matchLabels: labels }, template },
  StatefulSet: { serviceName: 'web', selector: { matchLabels: labels }, template },
  DaemonSet: { selector: { matchLabels: labels }, template },
  ReplicaSet: { selector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['web'] }] }, template },
  Job: { manualSelector: true, selector: { matchLabels: labels }, template: { ...template, spec: { ...template.spec, restartPolicy: 'Never' } } },
  Service: { selector: labels, ports: [{ port: 80 }] },
};
const refTo = (kind: WorkloadRef['kind'], name: string): WorkloadRef => ({ apiVersion: kind === 'Service' ? 'v1' : kind === 'Job' ? 'batch/v1' : 'apps/v1', kind, name });
const make = ({ apiVersion, kind, name }: WorkloadRef, spec = SPEC[kind]): Promise<string> => apiServer.kubectl(['apply', '-n', 'shop', '-f', '-'], JSON.stringify({ apiVersion, kind, metadata: { name }, spec }));

describe('a workload', () => {
  test.each(Object.keys(SPEC) as WorkloadRef['kind'][])('%s is read by its selector, from the moment that it is there until it is gone', async (kind) => {
    const ref = refTo(kind, `web-${kind.toLowerCase()}`);
    const changes: string[] = [];
    const workloads = new Workloads(kube, silent, (user) => changes.push(user));
    try {
      expect(await workloads.get('shop', ref, 'one')).toBeUndefined();
      await make(ref);
      const found = await eventually('it is known', () => workloads.get('shop', ref, 'one'));
      expect(changes).toContain('one');
      expect(selectorOf(ref, found)).toEqual(kind === 'ReplicaSet' ? { matchExpressions: [{ key: 'app', operator: 'In', values: ['web'] }] } : { matchLabels: labels });
      expect(Object.keys(found.spec ?? {})).toEqual(['selector']);
      await apiServer.kubectl(['delete', kind.toLowerCase(), ref.name, '-n', 'shop', '--wait=false']);
      await eventually('it is gone', async () => (await workloads.get('shop', ref, 'one')) === undefined);
    } finally {
      await workloads.stop();
    }
  });

  test('a Service whose selector changes is known by the new one, and told to all who name it', async () => {
    const ref = refTo('Service', 'moves');
    await make(ref);
    const changes = new Set<string>();
    const workloads = new Workloads(kube, silent, (user) => changes.add(user));
    try {
      await Promise.all(['one', 'two'].map((user) => workloads.get('shop', ref, user)));
      changes.clear();
      await make(ref, { ...SPEC.Service, selector: { app: 'api' } });
      await eventually('the new selector is known', async () => JSON.stringify(selectorOf(ref, (await workloads.get('shop', ref, 'one')) ?? { metadata: { name: '', uid: '' } }))?.includes('api'));
      expect([...changes].sort()).toEqual(['one', 'two']);
    } finally {
      await workloads.stop();
    }
  });

  test('is watched once for all who name it, and no longer than the last of them', async () => {
    const ref = refTo('Deployment', 'shared');
    await make(ref);
    const workloads = new Workloads(kube, silent, () => undefined);
    const before = watchesOf('deployments');
    await Promise.all(['one', 'two'].map((user) => workloads.get('shop', ref, user)));
    await eventually('it is watched', () => watchesOf('deployments') > before);
    workloads.release('one');
    await workloads.get('shop', ref, 'two');
    expect(watchesOf('deployments')).toBe(before + 1);
    workloads.release('two');
    await workloads.get('shop', ref, 'three');
    await eventually('it is watched anew', () => watchesOf('deployments') === before + 2);
    await workloads.stop();
    await admin.remove({ group: 'apps', version: 'v1', plural: 'deployments', namespaced: true }, 'shop', 'shared');
  });
});

describe('hostile: target', () => {
  test.each(['a=b', 'web,metadata.namespace=kube-system', '../../secrets/s3'])('a workload by the name %j, which no field selector can hold → looked for, and not there', async (name) => {
    const workloads = new Workloads(kube, silent, () => undefined);
    try {
      expect(await workloads.get('shop', refTo('Deployment', name), 'one')).toBeUndefined();
    } finally {
      await workloads.stop();
    }
  });

  test('a thousand captures of a tenant, each naming another workload → one watch', async () => {
    const before = watchesOf('statefulsets');
    const workloads = new Workloads(kube, silent, () => undefined);
    try {
      await Promise.all(Array.from({ length: 1000 }, (_, n) => workloads.get('shop', refTo('StatefulSet', `web-${n}`), `user-${n}`)));
      await eventually('it is watched', () => watchesOf('statefulsets') > before);
      expect(watchesOf('statefulsets')).toBe(before + 1);
    } finally {
      await workloads.stop();
    }
  });
});
