// Destinations on a real API server, with the rights of the operator: who may use one, which one is the default, and what an edit does to a run that lasts.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Condition } from '../../../src/api/fields.js';
import { DEFAULT_DESTINATION_ANNOTATION } from '../../../src/api/group.js';
import type { Kube } from '../../../src/kube/kube.js';
import type { KubeObject } from '../../../src/kube/object.js';
import { JOBS, NAMESPACES, SECRETS } from '../../../src/kube/resources.js';
import { CLUSTER_CAPTURE_DESTINATIONS, PACKET_CAPTURES } from '../../../src/api/kinds.js';
import type { Run } from '../../../src/plan/record.js';
import { eventually } from '../eventually.js';
import { ownPrefix, removeAll } from '../storage/sandbox-bucket.js';
import { aCapture, JOBS_NAMESPACE, list, NAMESPACE, operatorScene, records, SYSTEM_NAMESPACE, type OperatorScene } from './scene.js';

const prefix = ownPrefix();
let scene: OperatorScene;
let admin: Kube;

const FOR_TEAMS = { from: 'Selector', selector: { matchExpressions: [{ key: 'team', operator: 'In', values: ['rivals', 'shop'] }] } };
const FOR_RIVALS = { from: 'Selector', selector: { matchLabels: { team: 'rivals' } } };

const { SANDBOX_S3_ENDPOINT: endpoint, SANDBOX_S3_BUCKET: bucket, SANDBOX_S3_ACCESS_KEY_ID: key = '', SANDBOX_S3_SECRET_ACCESS_KEY: secret = '' } = process.env;
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const KEYS = { accessKeyId: base64(key), secretAccessKey: base64(secret) };
const destination = (name: string, { s3 = {}, ...spec }: { s3?: object; allowedNamespaces?: object } = {}, annotations = {}): Promise<KubeObject> =>
  admin.create(CLUSTER_CAPTURE_DESTINATIONS, undefined, { apiVersion: 'packetcapture.dev/v1alpha1', kind: 'ClusterCaptureDestination', metadata: { name, annotations }, spec: { s3: { endpoint, bucket, prefix, auth: { secretRef: { name: 's3' } }, ...s3 }, ...spec } });
const edit = (name: string, spec: object): Promise<KubeObject> => admin.patch(CLUSTER_CAPTURE_DESTINATIONS, undefined, name, { spec }, { type: 'merge' });
const to = (name: string): object => ({ storage: { destinationRef: { name } }, duration: '1h' });

type WithStatus = KubeObject & { status?: { phase?: string; conditions?: Condition[] } };
const conditionOf = (object: KubeObject | undefined, type: string): Condition | undefined => (object as WithStatus | undefined)?.status?.conditions?.find((c) => c.type === type);
const ready = async (name: string): Promise<Condition | undefined> => conditionOf(await admin.get(PACKET_CAPTURES, NAMESPACE, name), 'Ready');
const isUsable = (name: string) => eventually(`destination ${name} is Ready`, async () => conditionOf(await admin.get(CLUSTER_CAPTURE_DESTINATIONS, undefined, name), 'Ready')?.status === 'True', { timeoutMs: 30_000, everyMs: 100 });
const waitsFor = (name: string, reason: string) => eventually(`${name}: ${reason}`, async () => ((await ready(name))?.reason === reason ? ready(name) : undefined), { everyMs: 100 });
const runOf = async (name: string): Promise<Run | undefined> => (await records(admin)).find(({ capture }) => capture.name === name)?.run;
/** A wait of fifteen seconds between two looks is part of it. */
const begins = (name: string) => eventually(`${name} begins`, () => runOf(name), { timeoutMs: 40_000, everyMs: 100 });
const label = (team: string | null): Promise<KubeObject> => admin.patch(NAMESPACES, undefined, NAMESPACE, { metadata: { labels: { team } } }, { type: 'merge' });

beforeAll(async () => {
  scene = await operatorScene(prefix);
  admin = scene.admin;
  const operator = scene.startOperator(['--leader-elect=false']);
  await eventually('the operator runs', () => operator.log().includes('operator runs'), { timeoutMs: 60_000, everyMs: 100 });
  await Promise.all([destination('teams', { allowedNamespaces: FOR_TEAMS }), isUsable('team')]);
  await isUsable('teams');
}, 120_000);
afterAll(async () => {
  await scene.stop();
  await removeAll(prefix);
}, 30_000);

test('the API server takes whole selectors, and none whose reach is not said', async () => {
  await expect(destination('unsaid', { allowedNamespaces: { selector: { matchLabels: { team: 'shop' } } } })).rejects.toThrow(/from/);
  await destination('misspelt', { allowedNamespaces: { from: 'Selector', selector: { matchLables: { team: 'shop' } } } });
  const found = await eventually('it is refused', async () => {
    const condition = conditionOf(await admin.get(CLUSTER_CAPTURE_DESTINATIONS, undefined, 'misspelt'), 'Ready');
    return condition?.status === 'False' ? condition : undefined;
  });
  expect(found).toMatchObject({ reason: 'InvalidSpec', message: expect.stringContaining('would pick every namespace') });
});

test('a capture waits until its namespace is allowed, and is told no name of another; a run that began goes on when it is not', async () => {
  await aCapture(admin, 'first', to('teams'));
  expect((await waitsFor('first', 'NamespaceNotAllowed')).message).not.toMatch(/rivals|In\b/);
  expect(await runOf('first')).toBeUndefined();
  await label('shop');
  const run = await begins('first');
  await label(null);
  await aCapture(admin, 'second', to('teams'));
  await waitsFor('second', 'NamespaceNotAllowed');
  // A turn of the first one later, with its Secret kept as its source.
  await admin.patch(PACKET_CAPTURES, NAMESPACE, 'first', { spec: { duration: '2h' } }, { type: 'merge' });
  await eventually('the edit is seen', async () => (await runOf('first'))?.limits?.durationMs === 7_200_000, { everyMs: 100 });
  expect(await runOf('first')).toMatchObject({ id: run.id, destination: { name: 'teams' } });
  expect((await runOf('first'))?.stop).toBeUndefined();
  expect(await runOf('second')).toBeUndefined();
  await edit('teams', { allowedNamespaces: { from: 'All', selector: null } });
  await begins('second');
}, 120_000);

describe('of several defaults', () => {
  const DEFAULT = { [DEFAULT_DESTINATION_ANNOTATION]: 'true' };
  const claim = (name: string) => admin.get(CLUSTER_CAPTURE_DESTINATIONS, undefined, name).then((object) => conditionOf(object, 'Default'));

  test('both say which one is, and a capture has the newest that allows its namespace', async () => {
    await admin.patch(CLUSTER_CAPTURE_DESTINATIONS, undefined, 'team', { metadata: { annotations: DEFAULT } }, { type: 'merge' });
    await eventually('the only one', async () => (await claim('team'))?.reason === 'OnlyDefault');
    // creationTimestamp counts seconds.
    await eventually('a second has passed', async () => Date.parse((await admin.get(CLUSTER_CAPTURE_DESTINATIONS, undefined, 'team'))?.metadata.creationTimestamp ?? '') + 1000 < Date.now());
    await destination('newer', { allowedNamespaces: FOR_RIVALS }, DEFAULT);
    await isUsable('newer');
    await eventually('both say so', async () => (await claim('newer'))?.reason === 'NewestDefault' && (await claim('team'))?.reason === 'OlderDefault');
    await aCapture(admin, 'by-default', { storage: null, duration: '1h' });
    expect((await begins('by-default')).destination.name).toBe('team');
    await edit('newer', { allowedNamespaces: { from: 'All', selector: null } });
    await eventually('the older one is none', async () => (await claim('team'))?.reason === 'NewerDefault' && (await claim('newer'))?.message?.includes('"team" claims it too') === true);
  }, 60_000);
});

describe('under a run that lasts', () => {
  const secretOf = async (name: string): Promise<unknown> => (await admin.get<KubeObject & { data?: unknown }>(SECRETS, JOBS_NAMESPACE, (await runOf(name))?.secretName ?? ''))?.data;
  const rotate = (data: object) => admin.patch(SECRETS, SYSTEM_NAMESPACE, 'rotating', { data }, { type: 'merge' });
  const turn = async (duration: string, durationMs: number): Promise<void> => {
    await admin.patch(PACKET_CAPTURES, NAMESPACE, 'lasting', { spec: { duration } }, { type: 'merge' });
    await eventually('a turn later', async () => (await runOf('lasting'))?.limits?.durationMs === durationMs, { everyMs: 100 });
  };

  test('keys are rotated, the destination is edited and deleted, and so is its Secret: the run keeps its place, and never has keys of another one', async () => {
    await admin.create(SECRETS, SYSTEM_NAMESPACE, { metadata: { name: 'rotating' }, data: KEYS });
    await destination('rotating', { s3: { auth: { secretRef: { name: 'rotating' } } } });
    await isUsable('rotating');
    await aCapture(admin, 'lasting', to('rotating'));
    const { id, destination: pinned } = await begins('lasting');
    await eventually('it has keys', async () => JSON.stringify(await secretOf('lasting')) === JSON.stringify(KEYS));

    await rotate({ accessKeyId: base64('ROTATED') });
    const rotated = await eventually('its keys follow', async () => {
      const data = (await secretOf('lasting')) as typeof KEYS | undefined;
      return data?.accessKeyId === base64('ROTATED') ? data : undefined;
    }, { everyMs: 100 });

    // Another place, with keys of its own in the same edit.
    await edit('rotating', { s3: { endpoint: 'http://127.0.0.1:1', bucket: 'elsewhere', prefix: 'other/' } });
    await rotate({ accessKeyId: base64('OF-ANOTHER-PLACE') });
    await turn('2h', 7_200_000);
    expect(await secretOf('lasting')).toEqual(rotated);

    await admin.remove(CLUSTER_CAPTURE_DESTINATIONS, undefined, 'rotating');
    await admin.remove(SECRETS, SYSTEM_NAMESPACE, 'rotating');
    await turn('3h', 10_800_000);
    expect(await secretOf('lasting')).toEqual(rotated);
    expect(await runOf('lasting')).toMatchObject({ id, destination: pinned });
    expect((await runOf('lasting'))?.stop).toBeUndefined();
    expect(await list(admin, JOBS, JOBS_NAMESPACE, { labelSelector: `packetcapture.dev/run-id=${id}` })).toHaveLength(1);
    await aCapture(admin, 'too-late', to('rotating'));
    await waitsFor('too-late', 'DestinationNotFound');

    // Made anew where it was, its keys reach the run again.
    await admin.create(SECRETS, SYSTEM_NAMESPACE, { metadata: { name: 'rotating' }, data: KEYS });
    await destination('rotating', { s3: { auth: { secretRef: { name: 'rotating' } } } });
    await eventually('its keys follow again', async () => JSON.stringify(await secretOf('lasting')) === JSON.stringify(KEYS), { timeoutMs: 30_000, everyMs: 100 });
    await begins('too-late');
  }, 120_000);
});
