import { expect, test } from '@jest/globals';
import { KubeError } from '../../../src/kube/errors.js';
import type { Kube } from '../../../src/kube/kube.js';
import { silent } from '../../../src/kube/log.js';
import { SECRETS, type Resource } from '../../../src/kube/resources.js';
import { SharedWatches } from '../../../src/operator/shared-watches.js';

const KEYS = { metadata: { name: 'keys', namespace: 'system', uid: 'u', resourceVersion: '1' } };
const WATCH = { resource: SECRETS, namespace: 'system', fieldSelector: 'metadata.name=keys' };

/** Watches over an API server that lists what it is told to. */
function harness(list: () => object[]) {
  const lists: string[] = [];
  const open = new Set<AbortSignal>();
  const kube = {
    list: (resource: Resource, _namespace: string, { fieldSelector }: { fieldSelector?: string }) => {
      lists.push(`${resource.plural} ${fieldSelector}`);
      return Promise.resolve().then(() => ({ items: list(), resourceVersion: '1' }));
    },
    async *watch(_resource: Resource, _namespace: string, { signal }: { signal: AbortSignal }) {
      open.add(signal);
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      open.delete(signal);
      yield* [];
    },
  } as unknown as Kube;
  const told: string[][] = [];
  return { watches: new SharedWatches(kube, silent, (_event, users) => told.push([...users])), lists, told };
}

const forbidden = (): never => {
  throw new KubeError({ status: 403, reason: 'Forbidden', message: 'secrets "keys" is forbidden' });
};

test('one watch serves all its users, and is opened anew after the last of them', async () => {
  const { watches, lists, told } = harness(() => [KEYS]);
  const both = await Promise.all(['a', 'b'].map((user) => watches.need('keys', user, WATCH)));
  expect(both.map(({ store }) => store.list())).toEqual([[KEYS], [KEYS]]);
  expect(lists).toEqual(['secrets metadata.name=keys']);
  // They waited for what was there.
  expect(told).toEqual([]);
  watches.release('a');
  expect(watches.known('keys')?.store.size).toBe(1);
  watches.release('b', new Set(['keys']));
  expect(watches.known('keys')?.store.size).toBe(1);
  watches.release('b');
  expect(watches.known('keys')).toBeUndefined();
  await watches.need('keys', 'a', WATCH);
  expect(lists).toHaveLength(2);
  await watches.stop();
});

test('a watch that the operator may not have keeps nobody waiting: the refusal is the answer, until it is taken back', async () => {
  let mayList = false;
  const { watches } = harness(() => (mayList ? [KEYS] : forbidden()));
  expect(await watches.need('keys', 'a', WATCH)).toMatchObject({ refusal: 'secrets "keys" is forbidden' });
  expect((await watches.need('keys', 'b', WATCH)).store.size).toBe(0);
  mayList = true;
  while (watches.known('keys')?.refusal !== undefined) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(watches.known('keys')?.store.list()).toEqual([KEYS]);
  await watches.stop();
});

test('each list that fails is told, with what it was of', async () => {
  const failed: string[] = [];
  let told!: () => void;
  const twice = new Promise<void>((resolve) => (told = resolve));
  const kube = { list: () => Promise.reject(new KubeError({ status: 403, reason: 'Forbidden', message: 'no' })) } as unknown as Kube;
  const watches = new SharedWatches(kube, silent, () => undefined, (resource) => failed.push(resource) === 2 && told());
  await watches.need('keys', 'a', WATCH);
  await twice;
  expect(failed).toEqual(['secrets', 'secrets']);
  await watches.stop();
});
