import { expect, test } from '@jest/globals';
import { lateStore, type LateStore } from '../../../src/storage/late-store.js';
import type { ObjectStore } from '../../../src/storage/object-store.js';

/** Answers every verb with its name and what it was given. */
const echo = (): ObjectStore => new Proxy({}, { get: (_, verb) => (verb === 'then' ? undefined : (...args: unknown[]) => Promise.resolve([verb, ...args])) }) as ObjectStore;

function counted(): { loads: () => number; store: LateStore } {
  let loads = 0;
  return { loads: () => loads, store: lateStore(() => ((loads += 1), Promise.resolve(echo()))) };
}

test('loads nothing until it is asked for something, and then once', async () => {
  const late = counted();
  expect(late.loads()).toBe(0);
  await Promise.all([late.store.prepare(), late.store.head('a', AbortSignal.timeout(1000))]);
  expect(late.loads()).toBe(1);
});

test('hands on every verb with all that it is given', async () => {
  const { store } = counted();
  const verbs = ['put', 'head', 'get', 'sha256', 'digest', 'remove', 'listUnfinished', 'abortUnfinished'] as const;
  for (const verb of verbs) expect(await (store[verb] as (...args: unknown[]) => Promise<unknown>)(1, 2, 3, 4, 5)).toEqual([verb, 1, 2, 3, 4, 5]);
});
