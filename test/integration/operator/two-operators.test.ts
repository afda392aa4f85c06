// Two whole operators that both act by mistake on one API server, and an API server that goes away: captured once, and one truth in the end.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Kube } from '../../../src/kube/kube.js';
import type { KubeObject } from '../../../src/kube/object.js';
import { JOBS, PODS, SECRETS } from '../../../src/kube/resources.js';
import { PACKET_CAPTURES } from '../../../src/api/kinds.js';
import { eventually } from '../eventually.js';
import { aCapture, aPodOf, JOBS_NAMESPACE, list, NAMESPACE, operatorScene, podIsDone, records, type OperatorProcess, type OperatorScene } from './scene.js';

const NAMES = ['one', 'two', 'three', 'four'];
let scene: OperatorScene;
let admin: Kube;
let operators: OperatorProcess[];

const said = (words: string) => eventually(`both operators say "${words}"`, () => {
  const dead = operators.find(({ child }) => child.exitCode !== null);
  if (dead) throw new Error(`an operator ended: ${dead.log().slice(-2000)}`);
  return operators.every(({ log }) => log().includes(words));
}, { timeoutMs: 60_000, everyMs: 100 });

beforeAll(async () => {
  scene = await operatorScene('two-operators/');
  admin = scene.admin;
  operators = [1, 2].map(() => scene.startOperator(['--leader-elect=false']));
  await said('operator runs');
}, 120_000);
afterAll(() => scene.stop(), 30_000);

const jobs = () => list(admin, JOBS, JOBS_NAMESPACE);
const captures = async () => (await list(admin, PACKET_CAPTURES, NAMESPACE)) as (KubeObject & { status?: { phase?: string; run?: { id: string }; previousRuns?: unknown[] } })[];
const phases = async (): Promise<string[]> => (await captures()).map(({ status }) => status?.phase ?? '');

test('two operators begin each run once: one record, one Job, one Secret, and control names one pod', async () => {
  for (const name of NAMES) await aCapture(admin, name);
  await eventually('all captures start', async () => (await phases()).every((phase) => phase === 'Starting'), { timeoutMs: 60_000, everyMs: 200 });
  expect(await jobs()).toHaveLength(NAMES.length);
  expect(await list(admin, SECRETS, JOBS_NAMESPACE, { labelSelector: 'app.kubernetes.io/component=credentials' })).toHaveLength(NAMES.length);
  expect((await records(admin)).map(({ run }) => run.number)).toEqual(NAMES.map(() => 1));
  // Two pods of each Job, as after a deletion: the Job controller runs one beside the other.
  for (const [n, job] of (await jobs()).entries()) for (const which of ['a', 'b']) await aPodOf(admin, job, `agent-${n}-${which}`);
  const addressed = await eventually('one pod of each is addressed', async () => {
    const named = (await list(admin, PODS, JOBS_NAMESPACE)).filter(({ metadata }) => metadata.annotations?.['packetcapture.dev/control'] !== undefined);
    return named.length >= NAMES.length && named;
  }, { timeoutMs: 30_000, everyMs: 200 });
  expect(new Set(addressed.map(({ metadata }) => metadata.labels?.['job-name'])).size).toBe(addressed.length);
}, 120_000);

test('an API server that goes away for a while changes nothing: the runs end once, are collected, and both operators rest', async () => {
  const before = new Map((await records(admin)).map(({ capture, run }) => [capture.name, run.id]));
  await scene.apiServer.halt();
  await said('reconcile failed');
  await scene.apiServer.resume();
  for (const { run } of await records(admin)) {
    const { podName = '', podUID = '' } = run.nodes[0]?.addressed ?? {};
    await podIsDone(admin, podName, run.id, podUID);
  }
  await eventually('all are complete', async () => (await phases()).every((phase) => phase === 'Complete'), { timeoutMs: 60_000, everyMs: 200 });
  await eventually('all are collected', async () => (await jobs()).length === 0 && (await records(admin)).every(({ run }) => run.collected), { timeoutMs: 60_000, everyMs: 200 });
  expect(new Map((await records(admin)).map(({ capture, run }) => [capture.name, run.id]))).toEqual(before);
  expect(new Map((await captures()).map(({ metadata, status }) => [metadata.name, status?.run?.id]))).toEqual(before);
  expect((await captures()).flatMap(({ status }) => status?.previousRuns ?? [])).toEqual([]);
  // The one whose status lost lets go at its next turn.
  await eventually('nothing holds them any more', async () => (await captures()).every(({ metadata }) => (metadata.finalizers ?? []).length === 0), { timeoutMs: 10_000, everyMs: 100 });
}, 180_000);

test('finished stays finished for both: a status that is edited away is written again, and nothing begins', async () => {
  const versions = async () => (await records(admin)).map(({ run }) => run.number);
  for (const name of NAMES) await admin.patch(PACKET_CAPTURES, NAMESPACE, name, { status: { phase: null, run: null, conditions: null } }, { type: 'merge', subresource: 'status' });
  await eventually('all say Complete again', async () => (await captures()).every(({ status }) => status?.phase === 'Complete' && status.run !== undefined), { timeoutMs: 60_000, everyMs: 200 });
  expect(await versions()).toEqual(NAMES.map(() => 1));
  expect(await jobs()).toEqual([]);
}, 120_000);
