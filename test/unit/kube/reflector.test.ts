// The reflector's decisions, against a server whose every answer the test writes.
import { expect, test } from '@jest/globals';
import { errorFromNetwork, KubeError } from '../../../src/kube/errors.js';
import type { Kube, List, ListOptions, WatchEvent, WatchOptions } from '../../../src/kube/kube.js';
import type { KubeObject } from '../../../src/kube/object.js';
import { Reflector, type ReflectorEvent, type ReflectorOptions } from '../../../src/kube/reflector.js';
import { CONFIG_MAPS } from '../../../src/kube/resources.js';
import { anError, anObject } from './builders.js';
import { FakeClock, settled } from './fake-clock.js';

/** One watch, until the test ends it. */
class OpenWatch {
  readonly #waiting: ((step: () => WatchEvent<KubeObject> | undefined) => void)[] = [];
  readonly #steps: (() => WatchEvent<KubeObject> | undefined)[] = [];
  constructor(readonly options: WatchOptions) {
    options.signal?.addEventListener('abort', () => void this.fail(new KubeError({ status: 0, reason: 'Aborted', message: 'given up' })));
  }
  #push(step: () => WatchEvent<KubeObject> | undefined): void {
    const next = this.#waiting.shift();
    if (next) next(step);
    else this.#steps.push(step);
  }
  send(event: WatchEvent<KubeObject>): Promise<void> {
    this.#push(() => event);
    return settled();
  }
  end(): Promise<void> {
    this.#push(() => undefined);
    return settled();
  }
  fail(error: Error): Promise<void> {
    this.#push(() => {
      throw error;
    });
    return settled();
  }
  async *events(): AsyncGenerator<WatchEvent<KubeObject>> {
    for (;;) {
      const event = (this.#steps.shift() ?? (await new Promise<() => WatchEvent<KubeObject> | undefined>((resolve) => this.#waiting.push(resolve))))();
      if (!event) return;
      yield event;
    }
  }
}

function aReflector(options: ReflectorOptions<KubeObject> & { lists?: (List<KubeObject> | Error)[] } = {}): {
  reflector: Reflector<KubeObject>;
  clock: FakeClock;
  lists: ListOptions[];
  watches: OpenWatch[];
  watch: () => OpenWatch;
  events: ReflectorEvent<KubeObject>[];
  logged: string[];
  answer: (list: List<KubeObject> | Error) => void;
} {
  const clock = new FakeClock();
  const answers = options.lists ?? [{ items: [anObject('a')], resourceVersion: '10' }];
  const lists: ListOptions[] = [];
  const watches: OpenWatch[] = [];
  const logged: string[] = [];
  const events: ReflectorEvent<KubeObject>[] = [];
  const kube = {
    list(_resource: unknown, _namespace: unknown, query: ListOptions) {
      lists.push(query);
      const answer = answers.shift() ?? new Error('no more lists');
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
    watch(_resource: unknown, _namespace: unknown, query: WatchOptions) {
      const watch = new OpenWatch(query);
      watches.push(watch);
      return watch.events();
    },
  } as Pick<Kube, 'list' | 'watch'>;
  const say = (level: string) => (_: object, message: string): void => void logged.push(`${level} ${message}`);
  const log = { debug: () => {}, info: say('info'), warn: say('warn'), error: say('error') };
  const reflector = new Reflector(kube, CONFIG_MAPS, { clock, random: () => 1, log, ...options });
  reflector.addHandler((event) => events.push(event));
  reflector.start();
  const watch = (): OpenWatch => {
    const last = watches.at(-1);
    if (!last) throw new Error('no watch began');
    return last;
  };
  return { reflector, clock, lists, watches, watch, events, logged, answer: (list) => answers.push(list) };
}
const said = (events: ReflectorEvent<KubeObject>[]): string[] => events.map(({ type, key }) => `${type} ${key}`);

test('is synced when handlers have seen the whole list, and then watches from its version on', async () => {
  const { reflector, watch, events } = aReflector();
  expect(await reflector.hasSynced).toBe(true);
  expect(said(events)).toEqual(['ADDED shop/a']);
  await settled();
  expect(watch().options).toMatchObject({ resourceVersion: '10', timeoutSeconds: 600 });
  await reflector.stop();
});

test('a list that fails is tried again with growing pauses', async () => {
  const { clock, lists } = aReflector({ lists: Array.from({ length: 10 }, () => errorFromNetwork(new Error('ECONNREFUSED'))) });
  const pauses: number[] = [];
  for (let i = 0; i < 9; i++) {
    await settled();
    pauses.push(clock.waiting[0] ?? 0);
    await clock.advance(clock.waiting[0] ?? 0);
  }
  expect(pauses).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  expect(lists).toHaveLength(10);
});

test('the store is changed before the handler is told', async () => {
  const { reflector, watch, clock } = aReflector();
  const found: boolean[] = [];
  reflector.addHandler(({ key, object }) => found.push(reflector.store.get(key) === object));
  await settled();
  await watch().send({ type: 'ADDED', object: anObject('b', { resourceVersion: '11' }) });
  await watch().send({ type: 'DELETED', object: anObject('b', { resourceVersion: '12' }) });
  expect(found).toEqual([true, true, false]);
  expect(clock.waiting).toEqual([615_000]);
});

test('a handler that throws is logged; the others and the next event are told all the same', async () => {
  const { reflector, watch, events, logged } = aReflector();
  reflector.addHandler(() => {
    throw new Error('a bug');
  });
  const after: string[] = [];
  reflector.addHandler(({ key }) => after.push(key));
  await settled();
  await watch().send({ type: 'ADDED', object: anObject('b', { resourceVersion: '11' }) });
  expect(said(events)).toEqual(['ADDED shop/a', 'ADDED shop/b']);
  expect(after).toEqual(['shop/a', 'shop/b']);
  expect(logged).toEqual(['error a handler threw', 'error a handler threw']);
});

test('a closed watch goes on after the newest version seen, be it an event\'s, a deletion\'s or a bookmark\'s', async () => {
  const { clock, watch, watches, lists } = aReflector();
  await settled();
  for (const event of [
    { type: 'ADDED', object: anObject('b', { resourceVersion: '11' }) },
    { type: 'DELETED', object: anObject('b', { resourceVersion: '12' }) },
    { type: 'BOOKMARK', object: { metadata: { name: '', uid: '', resourceVersion: '40' } } },
  ] as const) {
    await watch().send(event);
    await watch().end();
    await clock.advance(60_000);
  }
  expect(watches.map(({ options }) => options.resourceVersion)).toEqual(['10', '11', '12', '40']);
  expect(lists).toHaveLength(1);
});

test('every reconnect waits, longer each time; after a healthy watch it begins anew', async () => {
  const { clock, watch } = aReflector();
  const pauseAfter = async (end: () => Promise<void>): Promise<number | undefined> => {
    await settled();
    await end();
    const [pause] = clock.waiting;
    await clock.advance(pause ?? 0);
    return pause;
  };
  expect(await pauseAfter(() => watch().end())).toBe(500);
  expect(await pauseAfter(() => watch().fail(errorFromNetwork(new Error('ECONNRESET'))))).toBe(1000);
  expect(await pauseAfter(() => watch().end())).toBe(2000);
  await clock.advance(30_000);
  expect(await pauseAfter(() => watch().fail(errorFromNetwork(new Error('ECONNRESET'))))).toBe(500);
});

test.each([[410, 'Expired'], [500, 'InternalError'], [504, 'Timeout']])('an ERROR event, be it %d %s, leads to a new list', async (status, reason) => {
  const { clock, watch, lists, answer } = aReflector();
  await settled();
  answer({ items: [anObject('a', { resourceVersion: '1' })], resourceVersion: '50' });
  await watch().send({ type: 'ERROR', error: anError(status, { reason }) });
  await clock.advance(1000);
  expect(lists).toHaveLength(2);
  expect(watch().options.resourceVersion).toBe('50');
});

test('a watch that is refused with 410 leads to a new list', async () => {
  const { clock, watch, lists, answer } = aReflector();
  await settled();
  answer({ items: [], resourceVersion: '50' });
  await watch().fail(anError(410));
  await clock.advance(1000);
  expect(lists).toHaveLength(2);
});

test.each([['no connection', errorFromNetwork(new Error('ECONNREFUSED'))], ['429', anError(429)], ['503', anError(503)]])('%s, however often, does not lead to a new list', async (_, error) => {
  const { clock, watch, lists } = aReflector();
  for (let i = 0; i < 20; i++) {
    await settled();
    await watch().fail(error);
    await clock.advance(30_000);
  }
  expect(lists).toHaveLength(1);
});

test('a version that the server does not take, five times in a row, leads to a new list', async () => {
  const { clock, watch, lists, answer } = aReflector();
  answer({ items: [], resourceVersion: '3' });
  for (let i = 0; i < 5; i++) {
    await settled();
    expect(lists).toHaveLength(1);
    await watch().fail(anError(504, { reason: 'Timeout' }));
    await clock.advance(30_000);
  }
  expect(lists).toHaveLength(2);
  expect(watch().options.resourceVersion).toBe('3');
});

test('a new list tells what vanished, what was replaced and what changed, and is silent about the rest', async () => {
  const { clock, watch, events, answer, reflector } = aReflector({
    lists: [{ items: ['vanishes', 'replaced', 'changes', 'stays'].map((name) => anObject(name)), resourceVersion: '10' }],
  });
  await settled();
  events.length = 0;
  answer({
    items: [anObject('replaced', { uid: 'another', resourceVersion: '20' }), anObject('changes', { resourceVersion: '21' }), anObject('stays'), anObject('comes', { resourceVersion: '22' })],
    resourceVersion: '30',
  });
  await watch().fail(anError(410));
  await clock.advance(1000);
  expect(said(events)).toEqual(['DELETED shop/vanishes', 'DELETED shop/replaced', 'ADDED shop/replaced', 'MODIFIED shop/changes', 'ADDED shop/comes']);
  expect(reflector.store.size).toBe(4);
});

test('a successor of the same name is a deletion and an addition, and a late deletion of the first one is nothing', async () => {
  const { watch, events, reflector } = aReflector();
  await settled();
  events.length = 0;
  await watch().send({ type: 'ADDED', object: anObject('a', { uid: 'second', resourceVersion: '11' }) });
  await watch().send({ type: 'DELETED', object: anObject('a', { resourceVersion: '12' }) });
  expect(said(events)).toEqual(['DELETED shop/a', 'ADDED shop/a']);
  expect(reflector.store.get('shop/a')?.metadata.uid).toBe('second');
});

test('stores what the transform leaves; where it throws, the whole object', async () => {
  const { reflector, watch, logged } = aReflector({
    lists: [{ items: [anObject('a', {}, { data: { secret: '1' } })], resourceVersion: '10' }],
    transform({ data, ...object }) {
      if (data === null) throw new Error('a bug');
      return object;
    },
  });
  await settled();
  expect(reflector.store.get('shop/a')).not.toHaveProperty('data');
  await watch().send({ type: 'ADDED', object: anObject('b', { resourceVersion: '11' }, { data: null }) });
  expect(reflector.store.get('shop/b')).toHaveProperty('data', null);
  expect(logged).toEqual(['error the transform threw; the object is kept whole']);
});

test('a watch that outlives its time is given up, and resumed', async () => {
  const { clock, watch, watches, lists } = aReflector({ watchSeconds: [300, 300], watchGraceMs: 15_000 });
  await settled();
  await watch().send({ type: 'ADDED', object: anObject('b', { resourceVersion: '11' }) });
  await clock.advance(314_999);
  expect(watches).toHaveLength(1);
  await clock.advance(1 + 500);
  expect(watches.map(({ options }) => options.resourceVersion)).toEqual(['10', '11']);
  expect(lists).toHaveLength(1);
});

test.each([[0, 300], [0.5, 450]])('a watch\'s time is chance: random %d is %d s', async (random, seconds) => {
  const { watch } = aReflector({ random: () => random });
  await settled();
  expect(watch().options.timeoutSeconds).toBe(seconds);
});

test('stop ends the watch, and nothing is waited for', async () => {
  const { reflector, clock, watches } = aReflector();
  await settled();
  await reflector.stop();
  expect(clock.waiting).toEqual([]);
  expect(watches).toHaveLength(1);
});
