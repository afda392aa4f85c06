import { expect, test } from '@jest/globals';
import { Store } from '../../../src/kube/store.js';
import { anObject } from './builders.js';

const byApp = { byApp: ({ metadata }: { metadata: { labels?: Record<string, string> } }): string[] => [metadata.labels?.['app']].filter((app) => app !== undefined) };

test('finds objects by namespace and name', () => {
  const store = new Store();
  store.set(anObject('a'));
  store.set(anObject('a', { namespace: 'bank' }));
  const node: ReturnType<typeof anObject> = { metadata: { name: 'node-a', uid: 'n', resourceVersion: '1' } };
  store.set(node);
  expect(store.get('shop/a')?.metadata.namespace).toBe('shop');
  expect(store.get('bank/a')?.metadata.namespace).toBe('bank');
  expect(store.get('node-a')).toBe(node);
  expect(store.size).toBe(3);
});

test('a successor of the same name is not the object that was asked for', () => {
  const store = new Store();
  store.set(anObject('a', { uid: 'second' }));
  expect(store.get('shop/a', 'first')).toBeUndefined();
  expect(store.delete('shop/a', 'first')).toBeUndefined();
  expect(store.get('shop/a', 'second')).toBeDefined();
});

test('an index follows the object through change and deletion', () => {
  const store = new Store(byApp);
  const names = (app: string): string[] => store.byIndex('byApp', app).map(({ metadata }) => metadata.name);
  store.set(anObject('a', { labels: { app: 'web' } }));
  store.set(anObject('b', { labels: { app: 'web' } }));
  store.set(anObject('c'));
  expect(names('web')).toEqual(['a', 'b']);
  store.set(anObject('a', { labels: { app: 'db' } }));
  expect(names('web')).toEqual(['b']);
  expect(names('db')).toEqual(['a']);
  store.delete('shop/b');
  expect(names('web')).toEqual([]);
});

test('an index that does not exist is a mistake, not an empty answer', () => {
  expect(() => new Store(byApp).byIndex('byNode', 'x')).toThrow('no index "byNode"; there are: byApp');
});
