import { expect, test } from '@jest/globals';
import { Turns } from '../../../src/tcpdump/turns.js';

/** Work that ends when it is told to, and a note of what began. */
function work(turns: Turns) {
  const began: string[] = [];
  const ends = new Map<string, () => void>();
  const settled: Promise<void>[] = [];
  const ask = (owner: string, name: string): void => {
    settled.push(turns.run(owner, () => new Promise<void>((resolve) => (began.push(name), ends.set(name, resolve)))));
  };
  /** Ends what works, and lets the next begin. */
  const end = async (name: string): Promise<void> => {
    ends.get(name)?.();
    await new Promise(setImmediate);
  };
  return { began, ask, end, begin: () => new Promise(setImmediate), settled };
}

test('an owner has one piece of work at a time; another owner need not wait for it', async () => {
  const { began, ask, begin } = work(new Turns(2));
  for (const name of ['a1', 'a2', 'a3']) ask('a', name);
  ask('b', 'b1');
  await begin();
  expect(began).toEqual(['a1', 'b1']);
});

test('owners have their turns one after the other, however long their queues are', async () => {
  const { began, ask, end, begin } = work(new Turns(1));
  for (const name of ['a1', 'a2', 'a3']) ask('a', name);
  for (const name of ['b1', 'b2']) ask('b', name);
  await begin();
  ask('c', 'c1');
  for (let n = 0; n < 6; n += 1) await end(began.at(-1) ?? '');
  expect(began).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3']);
});

test('work that fails gives its turn on', async () => {
  const turns = new Turns(1);
  const failed = turns.run('a', () => Promise.reject(new Error('no')));
  const next = turns.run('a', () => Promise.resolve('yes'));
  await expect(failed).rejects.toThrow('no');
  expect(await next).toBe('yes');
});
