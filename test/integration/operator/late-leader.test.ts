// A leader that falls asleep in the middle of a turn, with a write in its hands that passed every check, and wakes up when another has led for long: nothing of what it does then stays.
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { STOP_ANNOTATION } from '../../../src/api/group.js';
import { CONTROL_ANNOTATION } from '../../../src/protocol/control.js';
import { pause, systemClock } from '../../../src/kube/clock.js';
import type { Kube } from '../../../src/kube/kube.js';
import { type KubeObject, keyOf } from '../../../src/kube/object.js';
import { Reflector } from '../../../src/kube/reflector.js';
import { CONFIG_MAPS, JOBS, LEASES, PODS, SECRETS } from '../../../src/kube/resources.js';
import { PACKET_CAPTURES } from '../../../src/api/kinds.js';
import { eventually } from '../eventually.js';
import { aCapture, aPodOf, JOBS_NAMESPACE, list, NAMESPACE, operatorScene, podIsDone, records, SYSTEM_NAMESPACE, type OperatorProcess, type OperatorScene } from './scene.js';

const ELECTION = ['--leader-elect-lease-duration=3s', '--leader-elect-renew-deadline=2s', '--leader-elect-retry-period=300ms'];

let scene: OperatorScene;
let admin: Kube;
let first: OperatorProcess;
let second: OperatorProcess;
/** What was created in the jobs namespace, as `jobs <name>`, in order. */
let created: string[];
let followed: Reflector<KubeObject>[];

beforeAll(async () => {
  scene = await operatorScene('late-leader/');
  admin = scene.admin;
}, 120_000);
afterAll(() => scene.stop(), 30_000);

beforeEach(async () => {
  created = [];
  followed = [JOBS, SECRETS, CONFIG_MAPS].map((resource) => {
    const reflector = new Reflector<KubeObject>(admin, resource, { namespace: JOBS_NAMESPACE });
    reflector.addHandler(({ type, key }) => void (type === 'ADDED' && created.push(`${resource.plural} ${key}`)));
    reflector.start();
    return reflector;
  });
  await Promise.all(followed.map(({ hasSynced }) => hasSynced));
});
afterEach(async () => {
  first.child.kill('SIGKILL');
  for (const { metadata } of await list(admin, PACKET_CAPTURES, NAMESPACE)) await admin.remove(PACKET_CAPTURES, NAMESPACE, metadata.name);
  for (const { metadata } of await list(admin, PODS, JOBS_NAMESPACE)) await admin.remove(PODS, JOBS_NAMESPACE, metadata.name, { gracePeriodSeconds: 0 });
  await eventually('nothing is left', async () => (await list(admin, PACKET_CAPTURES, NAMESPACE)).length + (await records(admin)).length === 0, { timeoutMs: 30_000, everyMs: 100 });
  second.child.kill('SIGKILL');
  await admin.remove(LEASES, SYSTEM_NAMESPACE, 'packetcapture-operator');
  await Promise.all(followed.map((reflector) => reflector.stop()));
}, 60_000);

const says = (operator: OperatorProcess, words: string): Promise<true> => eventually(`an operator says "${words}"`, () => {
  if (operator.child.exitCode !== null) throw new Error(`it ended: ${operator.log().slice(-2000)}`);
  return operator.log().includes(words);
}, { timeoutMs: 30_000 });

/** Two operators. The first leads, and sleeps as soon as it is about to send such a request for what `cause` causes; the second takes over. */
async function asleepBefore(request: string, cause: () => Promise<unknown>): Promise<void> {
  first = scene.startOperator(ELECTION, { SLEEP_BEFORE: request });
  await says(first, '"leads"');
  second = scene.startOperator(ELECTION);
  await says(second, 'stands by');
  await cause();
  await eventually('the first sleeps', () => / T /.test(readFileSync(`/proc/${first.child.pid}/stat`, 'utf8')), { timeoutMs: 30_000 });
  await says(second, '"leads"');
}

/** Wakes it up; resolves once it ended. */
async function awake(): Promise<void> {
  first.child.kill('SIGCONT');
  expect(await eventually('the first ends', () => first.child.exitCode ?? undefined, { timeoutMs: 10_000 }).catch((error: unknown) => error)).toBe(1);
  expect(first.log()).toContain('operator leads no more, and ends');
}

/** All that the operators write, by name and version. */
async function versions(): Promise<Record<string, string>> {
  const found = await Promise.all([list(admin, PACKET_CAPTURES, NAMESPACE), ...[CONFIG_MAPS, JOBS, PODS, SECRETS].map((resource) => list(admin, resource, JOBS_NAMESPACE))]);
  return Object.fromEntries(found.flat().map((object) => [`${object.kind} ${keyOf(object)}`, `${object.metadata.uid} ${object.metadata.resourceVersion}`]));
}
async function atRest(): Promise<Record<string, string>> {
  let before = await versions();
  return eventually('nothing changes any more', async () => {
    await pause(systemClock, 1000);
    const after = await versions();
    const same = JSON.stringify(after) === JSON.stringify(before);
    before = after;
    return same ? after : undefined;
  });
}

const phaseOf = async (name: string): Promise<string | undefined> => (await admin.get<KubeObject & { status?: { phase?: string } }>(PACKET_CAPTURES, NAMESPACE, name))?.status?.phase;
const inPhase = (name: string, phase: string) => eventually(`${name} is ${phase}`, async () => (await phaseOf(name)) === phase, { timeoutMs: 30_000 });
const theJob = () => eventually('the Job is there', async () => (await list(admin, JOBS, JOBS_NAMESPACE))[0]);
const control = async (name: string): Promise<{ stop?: unknown } | undefined> => JSON.parse((await admin.get(PODS, JOBS_NAMESPACE, name))?.metadata.annotations?.[CONTROL_ANNOTATION] ?? 'null') as never;
const addressed = (name: string) => eventually('the pod is addressed', () => control(name).then((c) => c ?? undefined));

/** The run of the second operator, from its Job to where nothing of it is left. */
async function runsAndIsCollected(name: string): Promise<void> {
  await aPodOf(admin, await theJob(), `agent-${name}`);
  await addressed(`agent-${name}`);
  const [record] = await records(admin);
  await podIsDone(admin, `agent-${name}`, record?.run.id ?? '', record?.run.nodes[0]?.addressed?.podUID ?? '');
  await inPhase(name, 'Complete');
  await eventually('it is collected', async () => (await records(admin)).every(({ run }) => run.collected) && (await list(admin, JOBS, JOBS_NAMESPACE)).length === 0, { timeoutMs: 30_000 });
}

test.each([
  ['Job', 'POST .*/jobs$', 'jobs '],
  ['Secret', 'POST .*/packetcapture-jobs/secrets$', 'secrets '],
])('the %s of a run that ended meanwhile goes again', async (_what, request, kind) => {
  await asleepBefore(request, () => aCapture(admin, 'ended'));
  await runsAndIsCollected('ended');
  const before = await atRest();
  created = [];
  await awake();
  await eventually('it was created once more', () => created.some((name) => name.startsWith(kind)));
  await eventually('it is gone', async () => JSON.stringify(await versions()) === JSON.stringify(before), { timeoutMs: 15_000 });
  expect(created).toHaveLength(1);
  expect((await records(admin)).map(({ run }) => [run.number, run.result?.outcome])).toEqual([[1, 'Complete']]);
}, 120_000);

test('the record of a capture that was forgotten meanwhile is forgotten again, and nothing runs for it', async () => {
  await asleepBefore('POST .*/packetcapture-jobs/configmaps$', () => aCapture(admin, 'forgotten'));
  await runsAndIsCollected('forgotten');
  await admin.remove(PACKET_CAPTURES, NAMESPACE, 'forgotten');
  await admin.remove(PODS, JOBS_NAMESPACE, 'agent-forgotten', { gracePeriodSeconds: 0 });
  await eventually('it is forgotten', async () => (await records(admin)).length === 0, { timeoutMs: 30_000 });
  created = [];
  await awake();
  await eventually('it was written once more', () => created.length > 0);
  await eventually('it is gone again', async () => (await records(admin)).length === 0, { timeoutMs: 30_000 });
  expect(created).toEqual([expect.stringMatching(/^configmaps /)]);
}, 120_000);

/** What the first was about to write, what had it do so, and what happens until it wakes up. */
const CONDITIONAL: [what: string, request: string, cause: () => Promise<unknown>, meanwhile: () => Promise<unknown>][] = [
  ['a turn of the record', 'PUT .*/packetcapture-jobs/configmaps/', () => startedBefore(), () => addressed('agent-late')],
  ['control', 'PATCH .*/packetcapture-jobs/pods/', () => startedBefore(), async () => {
    await addressed('agent-late');
    const [record] = await records(admin);
    await admin.patch(PACKET_CAPTURES, NAMESPACE, 'late', { metadata: { annotations: { [STOP_ANNOTATION]: record?.run.id } } }, { type: 'merge' });
    await eventually('control says stop', async () => (await control('agent-late'))?.stop != null);
  }],
  ['older keys', 'PATCH .*/packetcapture-jobs/secrets/', async () => {
    await aCapture(admin, 'late');
    await theJob();
    await newKeys('second');
  }, async () => {
    await keysAre('second');
    await newKeys('third');
    await keysAre('third');
  }],
  ['status', 'PATCH .*/packetcaptures/late/status', () => aCapture(admin, 'late'), () => inPhase('late', 'Starting')],
  ['the finalizer', 'PATCH .*/packetcaptures/late$', () => aCapture(admin, 'late'), () => inPhase('late', 'Starting')],
  ['anything, having only read so far,', 'GET .*/packetcapture-jobs/configmaps/[0-9a-f-]{36}$', () => aCapture(admin, 'late'), () => runsAndIsCollected('late')],
];

async function startedBefore(): Promise<void> {
  await aCapture(admin, 'late');
  await aPodOf(admin, await theJob(), 'agent-late');
}
const newKeys = (sessionToken: string) => admin.patch(SECRETS, SYSTEM_NAMESPACE, 's3', { data: { sessionToken: Buffer.from(sessionToken).toString('base64') } }, { type: 'merge' });
const keysAre = (sessionToken: string) => eventually('the run has the keys', async () => {
  const [secret] = await list(admin, SECRETS, JOBS_NAMESPACE, { labelSelector: 'app.kubernetes.io/component=credentials' });
  return Buffer.from((secret?.['data'] as { sessionToken?: string })?.sessionToken ?? '', 'base64').toString() === sessionToken;
});

test.each(CONDITIONAL)('%s is not written', async (_what, request, cause, meanwhile) => {
  await asleepBefore(request, cause);
  await meanwhile();
  const before = await atRest();
  await awake();
  expect(await atRest()).toEqual(before);
}, 120_000);

test('a deletion meets what it was meant for, and not what came after it', async () => {
  await asleepBefore('DELETE .*/packetcapture-jobs/jobs/', async () => {
    await startedBefore();
    await addressed('agent-late');
    const [record] = await records(admin);
    await podIsDone(admin, 'agent-late', record?.run.id ?? '', record?.run.nodes[0]?.addressed?.podUID ?? '');
  });
  await eventually('it is collected', async () => (await records(admin)).every(({ run }) => run.collected), { timeoutMs: 30_000 });
  await admin.patch(PACKET_CAPTURES, NAMESPACE, 'late', { spec: { runToken: 'again' } }, { type: 'merge' });
  await theJob();
  const before = withoutStatus(await atRest());
  await awake();
  expect(withoutStatus(await atRest())).toEqual(before);
}, 120_000);

/** The one that leads tells the longer what a run waits for. */
const withoutStatus = (found: Record<string, string>) => Object.fromEntries(Object.entries(found).filter(([name]) => !name.startsWith('PacketCapture ')));

test('a leader that is killed in the middle of a turn is followed by one that goes on with the same run', async () => {
  await asleepBefore('POST .*/jobs$', () => aCapture(admin, 'killed'));
  const [begun] = await records(admin);
  first.child.kill('SIGKILL');
  await runsAndIsCollected('killed');
  expect((await records(admin)).map(({ run }) => run.id)).toEqual([begun?.run.id]);
}, 120_000);
