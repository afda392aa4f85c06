// What `kubectl describe` shows of recorded events, on a real API server.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createKube } from '../../../src/kube/client.js';
import { createEventRecorder, referenceTo } from '../../../src/kube/events.js';
import type { Kube } from '../../../src/kube/kube.js';
import { CONFIG_MAPS, EVENTS, NAMESPACES } from '../../../src/kube/resources.js';
import { type ApiServer, startApiServer } from '../api-server.js';

let apiServer: ApiServer;
let kube: Kube;
beforeAll(async () => {
  apiServer = await startApiServer();
  kube = createKube(apiServer.kubeConfig, { userAgent: 'events-test/1' });
}, 60_000);
afterAll(async () => {
  kube.close();
  await apiServer.stop();
}, 30_000);

test('an event stands on its object, once, with a count; of a cluster-scoped object in default', async () => {
  const recorder = createEventRecorder(kube, { component: 'tester', instance: 'tester-0' });
  const map = await kube.create(CONFIG_MAPS, 'kube-system', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'subject' } });
  const node = { apiVersion: 'v1', kind: 'Namespace', name: 'kube-system', uid: (await kube.get(NAMESPACES, undefined, 'kube-system'))?.metadata.uid ?? '' };
  const subject = referenceTo({ ...map, apiVersion: 'v1', kind: 'ConfigMap' });
  for (let i = 0; i < 3; i++) recorder.event(subject, 'Warning', 'Broken', 'it is broken');
  recorder.event(subject, 'Normal', 'Mended', 'x'.repeat(5000));
  recorder.event(node, 'Normal', 'Seen', 'here');
  await recorder.flush();

  const fieldSelector = `involvedObject.uid=${map.metadata.uid}`;
  const { items } = await kube.list(EVENTS, 'kube-system', { fieldSelector });
  expect(items.map(({ reason, count, type }) => ({ reason, count, type }))).toEqual(
    expect.arrayContaining([
      { reason: 'Broken', count: 3, type: 'Warning' },
      { reason: 'Mended', count: 1, type: 'Normal' },
    ]),
  );
  expect(items).toHaveLength(2);
  const { items: ofNode } = await kube.list(EVENTS, 'default', { fieldSelector: `involvedObject.uid=${node.uid}` });
  expect(ofNode).toEqual([expect.objectContaining({ reason: 'Seen', source: { component: 'tester' } })]);

  await kube.remove(EVENTS, 'kube-system', items.find(({ reason }) => reason === 'Broken')?.metadata.name ?? '');
  recorder.event(subject, 'Warning', 'Broken', 'it is broken');
  await recorder.flush();
  expect((await kube.list(EVENTS, 'kube-system', { fieldSelector })).items).toHaveLength(2);
});
