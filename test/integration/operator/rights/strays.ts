// Children of captures that nobody remembers, as ones that were made too late: each has to go.
import { randomUUID } from 'node:crypto';
import { CONFIG_MAPS, JOBS, SECRETS, type Resource } from '../../../../src/kube/resources.js';
import { JOBS_NAMESPACE, list } from '../scene.js';
import type { Step } from './stage.js';

const strayGoes = (resource: Resource, component: string, object: (uid: string) => object): Step['begin'] => async ({ admin }) => {
  const uid = randomUUID();
  const labels = { 'app.kubernetes.io/managed-by': 'packetcapture', 'app.kubernetes.io/component': component, 'packetcapture.dev/capture-uid': uid, 'packetcapture.dev/run-id': 'gone' };
  const name = resource === CONFIG_MAPS ? uid : `stray-${uid}`;
  await admin.create(resource, JOBS_NAMESPACE, { metadata: { name, labels }, ...object(uid) });
  return async () => (await admin.get(resource, JOBS_NAMESPACE, name)) === undefined;
};
export const strayJobGoes = strayGoes(JOBS, 'capture', () => ({ spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'agent', image: 'x' }] } } } }));
export const straySecretGoes = strayGoes(SECRETS, 'credentials', () => ({ data: {} }));

/** The record of a capture that is no more. */
export const recordGoes: Step['begin'] = async (stage) => {
  const [settled] = (await list(stage.admin, CONFIG_MAPS, JOBS_NAMESPACE, { labelSelector: 'app.kubernetes.io/component=run-record' })).filter(({ data }) => (JSON.parse((data as Record<string, string>)['record.json'] ?? '{}') as { run?: { collected?: boolean } }).run?.collected);
  if (!settled) throw new Error('no capture was ever complete');
  const text = (settled['data'] as Record<string, string>)['record.json'] as string;
  return strayGoes(CONFIG_MAPS, 'run-record', (uid) => ({ data: { 'record.json': text.replaceAll(settled.metadata.name, uid) } }))(stage);
};
