// What is kept of the pods of a namespace in which captures name pods, against a server whose every answer the test writes.
import { expect, test } from '@jest/globals';
import type { Kube, ListOptions, WatchEvent } from '../../../src/kube/kube.js';
import { silent } from '../../../src/kube/log.js';
import type { KubeObject } from '../../../src/kube/object.js';
import { TargetPods } from '../../../src/operator/target-pods.js';
import type { PodObject } from '../../../src/plan/objects.js';

const NS = 'shop';
const aPod = (name: string, ip = '10.0.0.7', resourceVersion = '5'): KubeObject & PodObject => ({ metadata: { name, namespace: NS, uid: `uid-of-${name}`, resourceVersion }, spec: { nodeName: 'node-a' }, status: { phase: 'Running', podIP: ip } });

interface Server {
  targetPods: TargetPods;
  pods: Map<string, KubeObject & PodObject>;
  /** Selectors of the lists so far; those of a whole namespace have none. */
  lists: (string | undefined)[];
  /** Who was told of which pod, so far. */
  told: string[];
  /** To the watch that is open. */
  send: (event: WatchEvent<KubeObject>) => Promise<void>;
  /** Narrowed lists are answered when this resolves. */
  hold: (until: Promise<unknown>) => void;
}

function aServer(...names: string[]): Server {
  const pods = new Map(names.map((name) => [name, aPod(name)]));
  const lists: (string | undefined)[] = [];
  const told: string[] = [];
  const waiting: ((event: WatchEvent<KubeObject>) => void)[] = [];
  let held: Promise<unknown> = Promise.resolve();
  const kube = {
    async list(_resource: unknown, _namespace: unknown, { fieldSelector }: ListOptions) {
      lists.push(fieldSelector);
      const items = [...pods.values()].filter(({ metadata }) => fieldSelector === undefined || fieldSelector === `metadata.name=${metadata.name}`);
      if (fieldSelector !== undefined) await held;
      return { items, resourceVersion: '10' };
    },
    async *watch() {
      for (;;) yield await new Promise<WatchEvent<KubeObject>>((resolve) => waiting.push(resolve));
    },
  } as unknown as Pick<Kube, 'list' | 'watch'>;
  return {
    targetPods: new TargetPods(kube, silent, (user, { metadata: { name } }) => told.push(`${user}: ${name}`)),
    pods,
    lists,
    told,
    async send(event) {
      while (waiting.length === 0) await new Promise((resolve) => setImmediate(resolve));
      waiting.shift()?.(event);
      // Until the next one is asked for, it was taken.
      while (waiting.length === 0) await new Promise((resolve) => setImmediate(resolve));
    },
    hold(until) {
      held = until;
    },
  };
}

const named = async ({ targetPods }: Server, name: string, user = name): Promise<(string | undefined)[]> => (await targetPods.withNames(NS, [name], user)).map(({ metadata, status }) => `${metadata.name} ${status?.podIP}`);

test('captures that name pods find theirs, with one list of the namespace and one for each pod that was passed over', async () => {
  const server = aServer('web-0', 'web-1', 'other-0');
  expect(await named(server, 'web-0', 'a')).toEqual(['web-0 10.0.0.7']);
  expect(await named(server, 'web-1', 'b')).toEqual(['web-1 10.0.0.7']);
  expect(await named(server, 'web-1', 'c')).toEqual(['web-1 10.0.0.7']);
  expect(await named(server, 'web-9', 'd')).toEqual([]);
  expect(server.lists).toEqual([undefined, 'metadata.name=web-1', 'metadata.name=web-9']);
});

test('a pod of a name that somebody waits for is there as soon as it is made, and changes and goes as it does', async () => {
  const server = aServer('other-0');
  expect(await named(server, 'web-0')).toEqual([]);
  await server.send({ type: 'ADDED', object: aPod('web-0', '10.0.0.1', '11') });
  await server.send({ type: 'ADDED', object: aPod('other-1', '10.0.0.2', '12') });
  expect(await named(server, 'web-0')).toEqual(['web-0 10.0.0.1']);
  await server.send({ type: 'MODIFIED', object: aPod('web-0', '10.0.0.3', '13') });
  expect(await named(server, 'web-0')).toEqual(['web-0 10.0.0.3']);
  await server.send({ type: 'DELETED', object: aPod('web-0', '10.0.0.3', '14') });
  expect(await named(server, 'web-0')).toEqual([]);
  expect(server.lists).toEqual([undefined]);
});

test('what is heard of a pod while it is asked for is newer than the answer, its end too', async () => {
  const server = aServer('web-0', 'web-1', 'web-2');
  await named(server, 'web-0');
  let answer = (): void => undefined;
  server.hold(new Promise<void>((resolve) => (answer = resolve)));
  const [one, two] = [named(server, 'web-1'), named(server, 'web-2')];
  await server.send({ type: 'MODIFIED', object: aPod('web-1', '10.0.0.9', '11') });
  await server.send({ type: 'DELETED', object: aPod('web-2', '10.0.0.7', '12') });
  answer();
  expect([await one, await two]).toEqual([['web-1 10.0.0.9'], []]);
});

test('a name that nobody has any more is let go, and asked for anew by the next who has it', async () => {
  const server = aServer('web-0', 'web-1');
  await named(server, 'web-0', 'a');
  await named(server, 'web-1', 'b');
  server.targetPods.release('b');
  // It changed while nobody kept it.
  await server.send({ type: 'MODIFIED', object: aPod('web-1', '10.0.0.9', '11') });
  server.pods.set('web-1', aPod('web-1', '10.0.0.9', '11'));
  expect(await named(server, 'web-1', 'c')).toEqual(['web-1 10.0.0.9']);
  expect(server.lists).toEqual([undefined, 'metadata.name=web-1', 'metadata.name=web-1']);
});

test('whoever has a selector sees all pods of the namespace', async () => {
  const server = aServer('web-0', 'web-1');
  await named(server, 'web-0');
  expect((await server.targetPods.list(NS, 'selecting')).map(({ metadata }) => metadata.name)).toEqual(['web-0', 'web-1']);
});

test('nobody is told of a pod that it waited for, and everybody of what becomes of it', async () => {
  const server = aServer('web-0', 'web-1');
  await named(server, 'web-0', 'first');
  await named(server, 'web-1', 'second');
  let answer = (): void => undefined;
  server.hold(new Promise<void>((resolve) => (answer = resolve)));
  const third = named(server, 'web-2', 'third');
  // The watch is faster than the list that was asked for it.
  await server.send({ type: 'ADDED', object: aPod('web-2', '10.0.0.7', '11') });
  answer();
  expect([await third, server.told]).toEqual([['web-2 10.0.0.7'], []]);
  await server.send({ type: 'MODIFIED', object: aPod('web-1', '10.0.0.7', '12') });
  expect(server.told).toEqual([]);
  await server.send({ type: 'MODIFIED', object: aPod('web-1', '10.0.0.9', '13') });
  expect(server.told).toEqual(['first: web-1', 'second: web-1', 'third: web-1']);
});
