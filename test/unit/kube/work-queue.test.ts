// The queue's promises, on a clock that only the test moves.
import { describe, expect, test } from '@jest/globals';
import { ERROR_REASON } from '../../../src/kube/errors.js';
import { type Handler, type QueueMeter, WorkQueue } from '../../../src/kube/work-queue.js';
import { anError } from './builders.js';
import { FakeClock, settled } from './fake-clock.js';

/** Handlers that end when the test says so. */
function controlled(): { handler: Handler; started: string[]; running: () => string[]; finish: (key: string, error?: unknown) => Promise<void> } {
  const started: string[] = [];
  const open = new Map<string, { resolve: () => void; reject: (error: unknown) => void }>();
  return {
    started,
    running: () => [...open.keys()],
    handler: (key) => {
      if (open.has(key)) throw new Error(`${key} runs twice at once`);
      started.push(key);
      return new Promise<void>((resolve, reject) => open.set(key, { resolve, reject }));
    },
    async finish(key, error) {
      const one = open.get(key);
      open.delete(key);
      if (error === undefined) one?.resolve();
      else one?.reject(error);
      await settled();
    },
  };
}

function aQueue(options: { workers?: number; random?: () => number; ownerOf?: (key: string) => string; meter?: QueueMeter } = {}): { queue: WorkQueue; clock: FakeClock; logged: string[] } {
  const clock = new FakeClock();
  const logged: string[] = [];
  const say = (level: string) => (_: object, message: string): void => void logged.push(`${level} ${message}`);
  const queue = new WorkQueue({ clock, random: () => 1, log: { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') }, ...options });
  return { queue, clock, logged };
}

test('a key that waits is there once, and order of arrival is kept', async () => {
  const { queue } = aQueue({ workers: 1 });
  const { handler, started, finish } = controlled();
  for (const key of ['a', 'b', 'a', 'c', 'b']) queue.add(key);
  expect(queue.length).toBe(3);
  void queue.run(handler);
  await settled();
  await finish('a');
  await finish('b');
  await finish('c');
  expect(started).toEqual(['a', 'b', 'c']);
});

test('a key added while it runs runs again after, once, and never twice at the same time', async () => {
  const { queue } = aQueue({ workers: 4 });
  const { handler, started, running, finish } = controlled();
  void queue.run(handler);
  queue.add('a');
  await settled();
  queue.add('a');
  queue.add('a');
  await settled();
  expect(running()).toEqual(['a']);
  await finish('a');
  expect(started).toEqual(['a', 'a']);
  await finish('a');
  expect(started).toEqual(['a', 'a']);
});

test('at most as many handlers run as there are workers', async () => {
  const { queue } = aQueue({ workers: 2 });
  const { handler, running, finish } = controlled();
  void queue.run(handler);
  for (const key of ['a', 'b', 'c']) queue.add(key);
  await settled();
  expect(running()).toEqual(['a', 'b']);
  await finish('b');
  expect(running()).toEqual(['a', 'c']);
});

test('a handler never runs inside the code that called add', async () => {
  const { queue } = aQueue();
  const { handler, started } = controlled();
  void queue.run(handler);
  queue.add('a');
  expect(started).toEqual([]);
  await settled();
  expect(started).toEqual(['a']);
});

test('of several delays the earliest counts', async () => {
  const { queue, clock } = aQueue();
  const { handler, started } = controlled();
  void queue.run(handler);
  queue.addAfter('a', 1000);
  queue.addAfter('a', 300);
  queue.addAfter('a', 2000);
  expect(clock.waiting).toEqual([300]);
  await clock.advance(299);
  expect(started).toEqual([]);
  await clock.advance(1);
  expect(started).toEqual(['a']);
});

test('what is to be handled within a time needs no turn of its own where one begins before', async () => {
  const { queue, clock } = aQueue();
  const { handler, started, finish } = controlled();
  void queue.run(handler);
  queue.addWithin('a', 250);
  queue.addWithin('a', 250);
  expect(clock.waiting).toEqual([250]);
  queue.add('a');
  await settled();
  expect(clock.waiting).toEqual([]);
  // Heard while it is handled: that turn may have looked before.
  queue.addWithin('a', 250);
  await finish('a');
  expect(started).toEqual(['a']);
  await clock.advance(250);
  expect(started).toEqual(['a', 'a']);
  await finish('a');
});

test('a failing key backs off from 5 ms to 5 minutes, doubling, and begins anew after a success', async () => {
  const { queue, clock } = aQueue();
  const delays: (number | undefined)[] = [];
  let failing = true;
  void queue.run(() => (failing ? Promise.reject(new Error('no')) : Promise.resolve()));
  queue.add('a');
  for (let i = 0; i < 20; i++) {
    await settled();
    delays.push(clock.waiting[0]);
    await clock.advance(clock.waiting[0] ?? 0);
  }
  expect(delays.slice(0, 5)).toEqual([5, 10, 20, 40, 80]);
  expect(delays.slice(-3)).toEqual([300_000, 300_000, 300_000]);

  failing = false;
  await clock.advance(300_000);
  expect(clock.waiting).toEqual([]);
  failing = true;
  queue.add('a');
  await settled();
  expect(clock.waiting).toEqual([5]);
});

test('jitter takes up to half of the delay away', () => {
  const { queue, clock } = aQueue({ random: () => 0 });
  queue.addRateLimited('a');
  queue.addRateLimited('b');
  expect(clock.waiting).toEqual([2.5, 2.5]);
});

test('a failing key does not slow down another', () => {
  const { queue, clock } = aQueue();
  for (let i = 0; i < 10; i++) queue.addRateLimited('a');
  queue.addRateLimited('b');
  expect(clock.waiting).toEqual([5, 5]);
});

test('a key that backs off runs at once when an event adds it', async () => {
  const { queue } = aQueue();
  const { handler, started, finish } = controlled();
  void queue.run(handler);
  queue.add('a');
  await settled();
  await finish('a', new Error('no'));
  queue.add('a');
  await settled();
  expect(started).toEqual(['a', 'a']);
});

test('a handler asks to run again later', async () => {
  const { queue, clock } = aQueue();
  let runs = 0;
  void queue.run(() => Promise.resolve(++runs === 1 ? { requeueAfterMs: 60_000 } : undefined));
  queue.add('a');
  await clock.advance(59_999);
  expect(runs).toBe(1);
  await clock.advance(1);
  expect(runs).toBe(2);
  expect(clock.waiting).toEqual([]);
});

test('a server that names a time is given that time', async () => {
  const { queue, clock } = aQueue();
  void queue.run(() => Promise.reject(anError(429, { retryAfterSeconds: 7 })));
  queue.add('a');
  await settled();
  expect(clock.waiting).toEqual([7000]);
});

test('conflicts and throttling are quiet; a handler that throws at once is an error like any other', async () => {
  const { queue, logged } = aQueue();
  const errors = [anError(409, { reason: 'Conflict' }), anError(429)];
  void queue.run(() => {
    throw errors.shift() ?? new TypeError('a bug');
  });
  for (const key of ['a', 'b', 'c']) queue.add(key);
  await settled();
  expect(logged).toEqual(['debug reconcile failed', 'debug reconcile failed', 'error reconcile failed']);
});

test('what is needed no more by then is not handled, unless somebody else needs it', async () => {
  const { queue, clock } = aQueue();
  const { handler, started, finish } = controlled();
  void queue.run(handler);
  let isNeeded = true;
  queue.addWithin('a', 250, () => isNeeded);
  isNeeded = false;
  await clock.advance(250);
  expect(started).toEqual([]);
  queue.addWithin('a', 250, () => isNeeded);
  queue.addWithin('a', 250);
  await clock.advance(250);
  expect(started).toEqual(['a']);
  await finish('a');
});

describe('a key that yields', () => {
  const yielding: Handler = () => Promise.resolve({ requeueAfterMs: 1000, yields: true });
  /** One worker, whose handlers the test ends. */
  const oneWorker = () => {
    const { queue, clock } = aQueue({ workers: 1 });
    const { handler, started, finish } = controlled();
    void queue.run(handler);
    return { queue, clock, started, finish };
  };

  test('is handled when its time has come and nothing else waits', async () => {
    const { queue, clock } = aQueue({ workers: 1 });
    const started: string[] = [];
    void queue.run((key, signal) => (started.push(key), yielding(key, signal)));
    queue.add('a');
    await settled();
    await clock.advance(999);
    expect(started).toEqual(['a']);
    await clock.advance(1);
    expect(started).toEqual(['a', 'a']);
  });

  test('lets all go first that come while it waits', async () => {
    const { queue, clock, started, finish } = oneWorker();
    queue.add('busy');
    queue.addYieldingAfter('a', 1000);
    queue.addYieldingAfter('b', 1000);
    await clock.advance(1000);
    queue.add('c');
    queue.add('d');
    expect(queue.length).toBe(4);
    for (const key of ['busy', 'c', 'd', 'a', 'b']) await finish(key);
    expect(started).toEqual(['busy', 'c', 'd', 'a', 'b']);
    expect(clock.waiting).toEqual([]);
  });

  test('yields no more when something happens to it', async () => {
    const { queue, clock, started, finish } = oneWorker();
    queue.add('busy');
    queue.addYieldingAfter('a', 1000);
    await clock.advance(1000);
    queue.add('a');
    queue.add('b');
    for (const key of ['busy', 'a', 'b']) await finish(key);
    expect(started).toEqual(['busy', 'a', 'b']);
  });

  test('is handled in its turn after half a minute of a queue that is never empty', async () => {
    const { queue, clock, started, finish } = oneWorker();
    queue.add('b');
    queue.add('c');
    queue.addYieldingAfter('a', 1000);
    await clock.advance(1000);
    await clock.advance(29_999);
    await finish('b');
    expect(started).toEqual(['b', 'c']);
    await clock.advance(1);
    queue.add('b');
    await finish('c');
    expect(started).toEqual(['b', 'c', 'a']);
    await finish('a');
  });

  test('is left to the handler that runs when its time comes', async () => {
    const { queue, clock, started, finish } = oneWorker();
    queue.addYieldingAfter('a', 1000);
    queue.add('a');
    await clock.advance(1000);
    await finish('a');
    expect(started).toEqual(['a']);
    expect(queue.length).toBe(0);
  });
});

test('shutdown drains: what is ready or runs is finished, what is delayed is dropped, what comes is refused', async () => {
  const { queue, clock } = aQueue({ workers: 1 });
  const { handler, started, finish } = controlled();
  const drained = queue.run(handler);
  queue.add('a');
  queue.add('b');
  queue.addAfter('later', 1000);
  queue.addWithin('soon', 1000);
  queue.addYieldingAfter('numbers', 1000);
  queue.addYieldingAfter('numbers now', 0);
  await settled();
  queue.add('a');
  let down = false;
  const shutdown = queue.shutdown().then(() => (down = true));
  queue.add('c');
  queue.addAfter('d', 10);
  queue.addWithin('e', 10);
  expect(clock.waiting).toEqual([]);
  await finish('a');
  await finish('b');
  expect(down).toBe(false);
  await finish('a');
  await shutdown;
  await drained;
  expect(started).toEqual(['a', 'b', 'a']);
});

test('when the grace is over, what is ready is dropped and what runs is aborted', async () => {
  const { queue, clock } = aQueue({ workers: 1 });
  const started: string[] = [];
  void queue.run((key, signal) => {
    started.push(key);
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('given up'))));
  });
  queue.add('a');
  queue.add('b');
  await settled();
  const shutdown = queue.shutdown(5000);
  await clock.advance(4999);
  expect(started).toEqual(['a']);
  await clock.advance(1);
  await shutdown;
  expect(started).toEqual(['a']);
  expect(clock.waiting).toEqual([]);
});

test('a queue that never ran can be shut down', async () => {
  const { queue } = aQueue();
  queue.add('a');
  await queue.shutdown();
  expect(queue.length).toBe(0);
});

describe('hostile: crowd', () => {
  test('a thousand keys of one owner before one key of another → the one has its turn next', async () => {
    const { queue } = aQueue({ workers: 1, ownerOf: (key) => key.split('/')[0] ?? '' });
    const { handler, started, finish } = controlled();
    for (let n = 0; n < 1000; n += 1) queue.add(`crowd/${n}`);
    void queue.run(handler);
    await settled();
    queue.add('team/a');
    queue.add('team/b');
    queue.add('crowd/0');
    for (let n = 0; n < 5; n += 1) await finish(started.at(-1) ?? '');
    expect(started).toEqual(['crowd/0', 'crowd/1', 'team/a', 'crowd/2', 'team/b', 'crowd/3']);
    expect(queue.length).toBe(997);
  });
});

test('tells its meter how many wait, and how long each handler took', async () => {
  const depths: number[] = [];
  const handled: [number, boolean][] = [];
  const { queue, clock } = aQueue({ workers: 1, meter: { depth: (waiting) => depths.push(waiting), handled: (...one) => handled.push(one) } });
  const { handler, finish } = controlled();
  for (const key of ['a', 'b', 'a']) queue.add(key);
  void queue.run(handler);
  await settled();
  queue.add('a');
  await clock.advance(1500);
  await finish('a');
  await clock.advance(200);
  await finish('b');
  await finish('a');
  // The second a waits until the first is done.
  expect(depths).toEqual([1, 2, 2, 1, 2, 1, 0]);
  expect(handled).toEqual([[1500, false], [200, false], [0, false]]);
  queue.add('c');
  queue.add('d');
  void queue.shutdown(0);
  expect(depths.at(-1)).toBe(0);
});

test('tells its meter of failures, and not of those that a cluster brings with it', async () => {
  const failed: boolean[] = [];
  const { queue } = aQueue({ meter: { depth: () => undefined, handled: (_ms, one) => failed.push(one) } });
  const { handler, finish } = controlled();
  const errors = [new Error('a bug'), anError(403, { reason: 'Forbidden' }), anError(0, { reason: ERROR_REASON.network }), anError(500, { reason: 'InternalError' }), anError(409, { reason: 'Conflict' }), anError(429, { reason: 'TooManyRequests' }), anError(0, { reason: ERROR_REASON.aborted }), anError(0, { reason: ERROR_REASON.fenced })];
  void queue.run(handler);
  for (const n of errors.keys()) queue.add(`key-${n}`);
  for (const [n, error] of errors.entries()) {
    await settled();
    await finish(`key-${n}`, error);
  }
  expect(failed).toEqual([true, true, true, true, false, false, false, false]);
});
