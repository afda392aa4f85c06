import { expect, test } from '@jest/globals';
import { createEventRecorder, type EventRecorder } from '../../../src/kube/events.js';
import type { Kube } from '../../../src/kube/kube.js';
import type { NewObject } from '../../../src/kube/object.js';
import { anError } from './builders.js';
import { FakeClock } from './fake-clock.js';

const POD = { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: 'web-0', uid: 'uid-web-0' };

function aRecorder({ fail = () => undefined }: { fail?: (verb: 'create' | 'patch') => Error | undefined } = {}): { recorder: EventRecorder; clock: FakeClock; created: NewObject[]; patched: unknown[] } {
  const clock = new FakeClock();
  const created: NewObject[] = [];
  const patched: unknown[] = [];
  const kube = {
    create(_resource: unknown, _namespace: unknown, object: NewObject) {
      const error = fail('create');
      if (error) return Promise.reject(error);
      created.push(object);
      return Promise.resolve(object);
    },
    patch(_resource: unknown, _namespace: unknown, name: string, patch: object) {
      const error = fail('patch');
      if (error) return Promise.reject(error);
      patched.push({ name, ...patch });
      return Promise.resolve({});
    },
  } as unknown as Pick<Kube, 'create' | 'patch'>;
  let chance = 0;
  return { recorder: createEventRecorder(kube, { component: 'tester', instance: 'tester-0', clock, random: () => (chance = (chance + 0.1) % 1) }), clock, created, patched };
}

test('an event carries what kubectl describe shows', async () => {
  const { recorder, created } = aRecorder();
  recorder.event(POD, 'Warning', 'Broken', 'it is broken');
  await recorder.flush();
  expect(created).toEqual([
    {
      apiVersion: 'v1', kind: 'Event',
      metadata: { name: expect.stringMatching(/^web-0\.[0-9a-f]{16}$/), namespace: 'shop' },
      involvedObject: POD, type: 'Warning', reason: 'Broken', message: 'it is broken',
      source: { component: 'tester' }, reportingComponent: 'tester', reportingInstance: 'tester-0',
      firstTimestamp: '2026-11-20T00:00:00Z', lastTimestamp: '2026-11-20T00:00:00Z', count: 1,
    },
  ]);
});

test('the same event again is counted, another one is not; after ten quiet minutes it is new', async () => {
  const { recorder, clock, created, patched } = aRecorder();
  recorder.event(POD, 'Warning', 'Broken', 'it is broken');
  await clock.advance(9 * 60_000);
  recorder.event(POD, 'Warning', 'Broken', 'it is broken');
  recorder.event(POD, 'Warning', 'Broken', 'in another way');
  recorder.event({ ...POD, uid: 'successor' }, 'Warning', 'Broken', 'it is broken');
  await clock.advance(10 * 60_000);
  recorder.event(POD, 'Warning', 'Broken', 'it is broken');
  await recorder.flush();
  expect(patched).toEqual([{ name: created[0]?.metadata.name, count: 2, lastTimestamp: '2026-11-20T00:09:00Z', message: 'it is broken' }]);
  expect(created).toHaveLength(4);
});

test('a reason with another message each time has five Events in ten minutes; what comes after them is told in the newest one', async () => {
  const { recorder, clock, created, patched } = aRecorder();
  for (let i = 0; i < 8; i++) recorder.event(POD, 'Normal', 'Seen', `number ${i}`);
  await recorder.flush();
  expect(created.map(({ message }) => message)).toEqual(['number 0', 'number 1', 'number 2', 'number 3', 'number 4']);
  const { name } = created[4]?.metadata ?? {};
  expect(patched).toEqual([5, 6, 7].map((i) => expect.objectContaining({ name, message: `number ${i}`, count: i - 3 })));
  await clock.advance(10 * 60_000);
  recorder.event(POD, 'Normal', 'Seen', 'later');
  await recorder.flush();
  expect(created.at(-1)).toMatchObject({ message: 'later', count: 1 });
});

test('one reason cannot flood: ten requests at once, then one in half a minute; another reason and another object are not held back', async () => {
  const { recorder, clock, created, patched } = aRecorder();
  const requests = (): number => created.length + patched.length;
  for (let i = 0; i < 100; i++) recorder.event(POD, 'Normal', 'Seen', `number ${i}`);
  await recorder.flush();
  expect(requests()).toBe(10);
  recorder.event(POD, 'Warning', 'Broken', 'it is broken');
  recorder.event({ ...POD, uid: 'other' }, 'Normal', 'Seen', 'hello');
  await recorder.flush();
  expect(created.slice(-2).map(({ message }) => message)).toEqual(['it is broken', 'hello']);
  await clock.advance(30_000);
  recorder.event(POD, 'Normal', 'Seen', 'later');
  recorder.event(POD, 'Normal', 'Seen', 'too soon');
  await recorder.flush();
  expect(requests()).toBe(13);
  expect(patched.at(-1)).toMatchObject({ message: 'later', count: 97 });
});

test('what was counted while it was held back is in the next count', async () => {
  const { recorder, clock, patched } = aRecorder();
  for (let i = 0; i < 50; i++) recorder.event(POD, 'Normal', 'Seen', 'again');
  await recorder.flush();
  expect(patched).toHaveLength(9);
  await clock.advance(30_000);
  recorder.event(POD, 'Normal', 'Seen', 'again');
  await recorder.flush();
  expect(patched.at(-1)).toMatchObject({ count: 51 });
});

test('an API server that refuses or is away harms nobody, and the next event is sent', async () => {
  const errors = [anError(403), new Error('ECONNREFUSED')];
  const { recorder, created } = aRecorder({ fail: () => errors.shift() });
  for (const message of ['first', 'second', 'third']) recorder.event(POD, 'Normal', 'Seen', message);
  await recorder.flush();
  expect(created.map(({ message }) => message)).toEqual(['third']);
});

test('an event that the API server has forgotten is created again', async () => {
  const { recorder, created } = aRecorder({ fail: (verb) => (verb === 'patch' ? anError(404) : undefined) });
  recorder.event(POD, 'Normal', 'Seen', 'again');
  recorder.event(POD, 'Normal', 'Seen', 'again');
  await recorder.flush();
  expect(created.map(({ count }) => count)).toEqual([1, 1]);
});

test('a message is cut at 1024 bytes, between two characters', async () => {
  const { recorder, created } = aRecorder();
  recorder.event(POD, 'Normal', 'Long', 'ü'.repeat(600));
  recorder.event(POD, 'Normal', 'Fits', 'x'.repeat(1024));
  await recorder.flush();
  const [long, fits] = created.map(({ message }) => message as string);
  expect(long).toBe(`${'ü'.repeat(510)}…`);
  expect(fits).toHaveLength(1024);
});

test('a long object name leaves room for the event\'s own part; no namespace is default', async () => {
  const { recorder, created } = aRecorder();
  recorder.event({ apiVersion: 'v1', kind: 'Node', name: `${'a'.repeat(235)}.${'b'.repeat(17)}`, uid: 'n' }, 'Normal', 'Seen', 'hello');
  await recorder.flush();
  expect(created[0]?.metadata.namespace).toBe('default');
  expect(created[0]?.metadata.name).toMatch(/^a{235}\.[0-9a-f]{16}$/);
});
