import { expect, test } from '@jest/globals';
import { KubeError } from '../../../src/kube/errors.js';
import type { Kube } from '../../../src/kube/kube.js';
import { silent } from '../../../src/kube/log.js';
import { act, type Effects } from '../../../src/operator/act.js';
import type { PodObject } from '../../../src/plan/objects.js';
import { noChildren } from '../../../src/plan/children.js';
import { planCapture, type Plan } from '../../../src/plan/plan.js';
import { CONTROL_ANNOTATION } from '../../../src/protocol/control.js';
import { aCapture, aWorld } from '../plan/builders.js';

const pod = (resourceVersion: string, over: object = {}): PodObject => ({ metadata: { name: 'pktcap-1', namespace: 'jobs', uid: 'p', resourceVersion, ...over }, spec: {} });
const conflict = () => new KubeError({ status: 409, reason: 'Conflict', message: 'the object has been modified' });

/** A pod that others write: each patch but one of its newest version is a conflict. */
function harness(versions: PodObject[], firstIn?: string, secretIs: Promise<unknown> = Promise.resolve({})) {
  const secrets: unknown[] = [];
  const patched: { metadata: { uid: string; resourceVersion: string; annotations: Record<string, string> } }[] = [];
  const rest = [...versions];
  const kube = {
    patch: ({ plural }: { plural: string }, _namespace: string, name: string, body: (typeof patched)[0]) => {
      if (plural === 'secrets') return secrets.push([name, body]), secretIs;
      patched.push(body);
      return rest.length > 0 ? Promise.reject(conflict()) : Promise.resolve({});
    },
    list: (_resource: unknown, _namespace: string, { fieldSelector }: { fieldSelector: string }) => {
      expect(fieldSelector).toBe('metadata.name=pktcap-1');
      return Promise.resolve({ items: rest.splice(0, 1) });
    },
  } as unknown as Kube;
  const effects = { kube, jobsNamespace: 'jobs', log: silent, leftovers: { note: () => Promise.resolve() }, refusedJobs: new Map() } as unknown as Effects;
  const none = { secrets: [], createJobs: [], scaleJobs: [], deleteJobs: [], deleteSecrets: [] };
  const plan = { children: { ...none, controls: [{ pod: pod('1'), annotation: 'new', ...(firstIn !== undefined && { firstIn }) }] }, leftovers: [] } as unknown as Plan;
  return { write: () => act(plan, {}, effects), patched, secrets };
}

test('control is written to a pod that scheduler and kubelet write at the same time', async () => {
  const { write, patched } = harness([pod('2'), pod('3')]);
  await write();
  expect(patched.map(({ metadata }) => metadata.resourceVersion)).toEqual(['1', '2', '3']);
  expect(patched.at(-1)?.metadata).toMatchObject({ uid: 'p', annotations: { [CONTROL_ANNOTATION]: 'new' } });
});

test.each([
  ['whose control somebody else wrote meanwhile', pod('2', { annotations: { [CONTROL_ANNOTATION]: 'of another operator' } })],
  ['that is to go', pod('2', { deletionTimestamp: '2026-11-22T12:00:00Z' })],
  ['of the same name that is another', pod('2', { uid: 'q' })],
])('control is decided anew for a pod %s', async (_what, now) => {
  const { write, patched } = harness([now]);
  await expect(write()).rejects.toThrow('modified');
  expect(patched).toHaveLength(1);
});

test('control is not written for ever to a pod that others always write first', async () => {
  const { write, patched } = harness(Array.from({ length: 9 }, (_, n) => pod(String(n + 2))));
  await expect(write()).rejects.toThrow('modified');
  expect(patched).toHaveLength(5);
});

test('a pod that has none is told by its run\'s Secret too, which may fail', async () => {
  const refused = Promise.reject(new KubeError({ status: 403, reason: 'Forbidden', message: 'no' }));
  refused.catch(() => undefined);
  for (const answer of [Promise.resolve({}), refused]) {
    const { write, patched, secrets } = harness([pod('2')], 'run-secret', answer);
    await write();
    expect(secrets).toEqual([['run-secret', { data: { 'control.p': 'bmV3' } }]]);
    expect(patched.at(-1)?.metadata.annotations).toEqual({ [CONTROL_ANNOTATION]: 'new' });
  }
});

/** A first turn that begins a run: record and finalizer are answered when the test says so. */
function beginning() {
  const asked: string[] = [];
  const answers = new Map<string, { resolve: (value: object) => void; reject: (error: Error) => void }>();
  const ask = (what: string): Promise<object> => {
    asked.push(what);
    return new Promise((resolve, reject) => answers.set(what, { resolve, reject }));
  };
  const kube = {
    create: ({ plural }: { plural: string }) => (plural === 'configmaps' ? ask('record') : (asked.push(plural), Promise.resolve({}))),
    patch: () => Promise.resolve({}),
  } as unknown as Kube;
  const finalizers = { add: () => ask('finalizer').then(() => '2'), remove: () => Promise.resolve() };
  const effects = { kube, jobsNamespace: 'jobs', log: silent, leftovers: { note: () => Promise.resolve() }, refusedJobs: new Map(), statusWritten: new Map(), finalizers, events: { event: () => undefined }, now: Date.now } as unknown as Effects;
  const capture = aCapture();
  const turn = act(planCapture(aWorld({ capture })), { capture }, effects);
  let isOver = false;
  void turn.then(() => (isOver = true), () => (isOver = true));
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return {
    turn,
    asked,
    answer: (what: string, error?: Error) => (error ? answers.get(what)?.reject(error) : answers.get(what)?.resolve({}), settled()),
    settled,
    isOver: () => isOver,
  };
}

test('record and finalizer are written side by side, and Secret and Job once both are there', async () => {
  const { turn, asked, answer, settled } = beginning();
  await settled();
  expect([...asked].sort()).toEqual(['finalizer', 'record']);
  await answer('finalizer');
  expect(asked).toHaveLength(2);
  await answer('record');
  await turn;
  expect(asked.slice(2)).toEqual(['secrets', 'jobs']);
});

test.each([
  ['record', 'finalizer'],
  ['finalizer', 'record'],
])('where the %s is refused nothing runs, and the turn is not over before the %s is answered', async (refused, other) => {
  const { turn, asked, answer, settled, isOver } = beginning();
  const failed = expect(turn).rejects.toThrow('modified');
  await settled();
  await answer(refused, conflict());
  expect(isOver()).toBe(false);
  await answer(other);
  await failed;
  expect([...asked].sort()).toEqual(['finalizer', 'record']);
});

test('the finalizer is taken off the object as the status of the same turn left it', async () => {
  const removed: (string | undefined)[] = [];
  const kube = { patch: () => Promise.resolve({ metadata: { resourceVersion: '8' } }) } as unknown as Kube;
  const finalizers = { remove: ({ metadata }: { metadata: { resourceVersion?: string } }) => Promise.resolve(void removed.push(metadata.resourceVersion)) };
  const effects = { kube, finalizers, log: silent, leftovers: { note: () => Promise.resolve() }, statusWritten: new Map(), events: { event: () => undefined }, now: Date.now } as unknown as Effects;
  const capture = aCapture();
  const turn = (phase: string): Promise<unknown> => act({ children: noChildren(), finalizer: 'absent', forget: false, leftovers: [], status: { phase } }, { capture: { ...capture, metadata: { ...capture.metadata, resourceVersion: '7' }, status: { phase: 'Capturing' } } }, effects);
  await turn('Complete');
  await turn('Capturing');
  expect(removed).toEqual(['8', '7']);
});
