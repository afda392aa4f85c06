import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Place } from '../../../src/plan/places.js';
import { isSettled } from '../../../src/plan/record.js';
import { House } from './house.js';

const shop: Place = { kind: 'namespace', name: 'shop' };
const nodeA: Place = { kind: 'node', name: 'node-a' };
const position = (answer: unknown): number | undefined => (answer as { position?: number }).position;
const runs = (answer: unknown): boolean => (answer as { run?: object } | undefined)?.run !== undefined;
const hearAll = (house: House): void => {
  while (house.hears()) house.hear();
};

describe('a place is given once', () => {
  test('before the cache knows of it', () => {
    const house = new House(1).want('a').want('b');
    expect(runs(house.look('a'))).toBe(true);
    expect(house.look('b')).toMatchObject({ place: shop, taken: 1, limit: 1, position: 1 });
  });

  test('and to nobody else while its record could not be written, and is tried again', () => {
    const house = new House(1).want('a').want('b');
    house.look('a', { isWritten: false });
    expect(position(house.look('b'))).toBe(1);
    expect([...house.woken]).toEqual(['a']);
  });

  test('and again once the capture that it was given to asks for it no more', () => {
    const house = new House(1).want('a').want('b');
    house.look('a', { isWritten: false });
    house.look('b');
    house.unwant('a');
    house.look('a');
    expect([...house.woken]).toEqual(['b']);
    expect(runs(house.look('b'))).toBe(true);
  });

  test('across a change of the leader, whose cache lags behind', () => {
    const house = new House(1).want('a');
    house.look('a');
    house.restart();
    house.want('b');
    house.look('a');
    expect(position(house.look('b'))).toBe(1);
  });

  test('also while it is only known of by the record of a capture that was deleted', () => {
    const house = new House(1).want('a');
    house.look('a');
    house.remove('a');
    house.restart();
    expect(position(house.want('b').look('b'))).toBe(1);
  });
});

describe('after a start', () => {
  const waitingTwo = (): House => {
    const house = new House(1).want('runs').want('first', { madeAt: 1 }).want('second', { madeAt: 2 });
    for (const uid of ['runs', 'first', 'second']) house.look(uid);
    house.end('runs');
    hearAll(house);
    house.restart();
    return house;
  };

  test('nobody goes before one that waits longer and was not looked at yet', () => {
    const house = waitingTwo();
    expect(house.look('second')).toEqual({ place: shop, taken: 0, limit: 1 });
    house.woken.clear();
    house.look('runs');
    expect(runs(house.look('first'))).toBe(true);
    expect(position(house.look('second'))).toBe(1);
  });

  test('who waits is woken as soon as all were looked at', () => {
    const house = waitingTwo();
    house.look('first');
    house.look('second');
    house.woken.clear();
    house.look('runs');
    expect([...house.woken]).toEqual(['first']);
  });
});

describe('a place that is free', () => {
  const full = (): House => {
    const house = new House(1).want('runs').want('first', { madeAt: 1 }).want('second', { madeAt: 2 });
    for (const uid of ['runs', 'second', 'first']) house.look(uid);
    hearAll(house);
    house.woken.clear();
    return house;
  };

  test('wakes the first of the queue at once, and nobody else', () => {
    const house = full();
    house.end('runs');
    house.woken.clear();
    house.hear();
    expect(house.woken).toEqual(new Set(['first', 'runs']));
  });

  test('goes to the next where the first wants it no more', () => {
    const house = full();
    house.unwant('first');
    house.look('first');
    house.end('runs');
    hearAll(house);
    expect(runs(house.look('second'))).toBe(true);
  });

  test('on a node is free only when the agent there is done, also one that tries late files', () => {
    const house = full();
    house.end('runs', true);
    hearAll(house);
    expect(house.look('first')).toMatchObject({ place: nodeA });
    house.end('runs');
    hearAll(house);
    expect(runs(house.look('first'))).toBe(true);
  });
});

test('an edit takes over the place of its run, but not twice before one that waits', () => {
  const house = new House(1).want('edited', { nodes: ['node-a'] });
  house.look('edited');
  house.now = 1000;
  house.want('waits', { nodes: ['node-b'] });
  house.look('waits');
  hearAll(house);
  for (const begins of [true, false]) {
    house.now += 1000;
    house.edit('edited');
    // Its own agent is on the node until it is done.
    expect(house.look('edited')).toMatchObject({ place: begins ? nodeA : shop });
    house.end('edited');
    hearAll(house);
    expect(runs(house.look('edited'))).toBe(begins);
  }
});

describe('a run that goes to another node', () => {
  test('has the place there before the cache knows of it', () => {
    const house = new House(1).want('lasts', { nodes: ['a'] });
    house.look('lasts');
    hearAll(house);
    expect(house.follow('lasts', 'b')).toBe(true);
    expect(house.want('other', { namespace: 'x', nodes: ['b'] }).look('other')).toMatchObject({ place: { name: 'b' }, taken: 1 });
  });

  test('waits for room there, is woken, and goes before who came later', () => {
    const house = new House(2).want('full-1', { namespace: 'x', nodes: ['b'] }).want('full-2', { namespace: 'y', nodes: ['b'] }).want('lasts', { nodes: ['a'] });
    for (const uid of ['full-1', 'full-2', 'lasts']) house.look(uid);
    hearAll(house);
    house.now = 1000;
    expect(house.follow('lasts', 'b')).toBe(false);
    expect(position(house.want('later', { namespace: 'z', nodes: ['b'] }).look('later'))).toBe(2);
    house.end('full-1');
    hearAll(house);
    expect(house.woken).toContain('lasts');
    expect(position(house.look('later'))).toBe(1);
    expect(house.follow('lasts', 'b')).toBe(true);
  });
});

describe('whatever happens in whatever order', () => {
  const UIDS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
  const NAMESPACES = ['shop', 'team'];
  const NODES = ['node-a', 'node-b', 'node-c'];
  const uid = fc.constantFrom(...UIDS);
  const nodes = fc.uniqueArray(fc.constantFrom(...NODES), { minLength: 1, maxLength: 3 });
  type Step = (house: House) => void;
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 3, arbitrary: fc.tuple(uid, fc.constantFrom(...NAMESPACES), nodes).map(([name, namespace, on]): Step => (house) => void (house.records.has(name) || house.want(name, { namespace, nodes: on }))) },
    { weight: 6, arbitrary: fc.nat(7).map((n): Step => (house) => void house.look([...house.woken][n % Math.max(1, house.woken.size)] ?? 'a')) },
    { weight: 4, arbitrary: fc.constant<Step>((house) => house.hear()) },
    { weight: 2, arbitrary: fc.tuple(uid, fc.boolean()).map(([name, late]): Step => (house) => house.end(name, late)) },
    { weight: 2, arbitrary: uid.map((name): Step => (house) => house.edit(name)) },
    { weight: 2, arbitrary: fc.tuple(uid, fc.constantFrom(...NODES)).map(([name, node]): Step => (house) => void house.follow(name, node)) },
    { weight: 1, arbitrary: uid.map((name): Step => (house) => void house.look(name, { isWritten: false })) },
    { weight: 1, arbitrary: uid.map((name): Step => (house) => house.unwant(name)) },
    { weight: 1, arbitrary: uid.map((name): Step => (house) => house.remove(name)) },
    { weight: 1, arbitrary: uid.map((name): Step => (house) => house.forget(name)) },
    { weight: 1, arbitrary: fc.constant<Step>((house) => house.restart()) },
    { weight: 2, arbitrary: fc.nat(90_000).map((ms): Step => (house) => void (house.now += ms)) },
  );
  const places: Place[] = [...NAMESPACES.map((name): Place => ({ kind: 'namespace', name })), ...NODES.map((name): Place => ({ kind: 'node', name }))];

  test('no place is ever over its limit, and everybody who waits begins in the end, woken by what happens and by no clock', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3 }), fc.array(step, { maxLength: 120 }), (limit, steps) => {
        const house = new House(limit);
        const used = (): string[] => places.filter((place) => house.used(place) > limit).map(({ name }) => name);
        for (const run of steps) {
          run(house);
          expect(used()).toEqual([]);
        }
        for (let turns = 0; house.waiting().length > 0 && turns < 1000; turns += 1) {
          hearAll(house);
          for (const name of [...house.woken]) house.look(name);
          expect(used()).toEqual([]);
          if (house.woken.size === 0 && !house.hears()) for (const [name, { run, draining }] of house.records) if (draining || !isSettled(run)) house.end(name);
        }
        expect(house.waiting()).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  test('of those that need the same the one that waits longest is never passed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3 }), fc.shuffledSubarray(UIDS, { minLength: 2 }), fc.array(fc.nat(7), { maxLength: 60 }), (limit, order, picks) => {
        const house = new House(limit);
        order.forEach((name) => house.want(name, { madeAt: UIDS.indexOf(name) }));
        for (const name of order) house.look(name);
        const begun: string[] = [...house.records.keys()];
        for (const pick of picks) {
          const [running] = [...house.records].filter(([, { run }]) => !run.result).map(([name]) => name);
          if (running !== undefined && pick % 2 === 0) house.end(running);
          hearAll(house);
          const waits = house.waiting();
          const name = waits[pick % Math.max(1, waits.length)];
          if (name === undefined || !runs(house.look(name))) continue;
          begun.push(name);
          // Whoever waits longer and has not begun has its place kept.
          for (const earlier of house.waiting().filter((other) => other < name)) {
            expect(runs(house.look(earlier))).toBe(true);
            begun.push(earlier);
          }
        }
        expect(new Set(begun).size).toBe(begun.length);
      }),
    );
  });

  test('who needs two places that are always full gets both: nobody passes it for ever', () => {
    const house = new House(1).want('rare', { namespace: 'shop', nodes: ['node-a'], madeAt: 10 });
    house.want('shop-0', { namespace: 'shop', nodes: ['node-b'], madeAt: 0 }).want('node-0', { namespace: 'team', nodes: ['node-a'], madeAt: 0 });
    for (const name of ['shop-0', 'node-0', 'rare']) house.look(name);
    let turns = 0;
    for (; !house.records.has('rare') && turns < 50; turns += 1) {
      house.now += 10_000;
      const [stream, namespace, node] = turns % 2 === 0 ? ['shop', 'shop', 'node-b'] : ['node', 'team', 'node-a'];
      // There is always another one, and the one before it ends.
      house.want(`${stream}-${turns + 1}`, { namespace, nodes: [node] });
      for (const [name, { run }] of house.records) if (name.startsWith(stream) && !run.result) house.end(name);
      hearAll(house);
      for (const name of [...house.woken]) house.look(name);
    }
    expect(house.records.has('rare')).toBe(true);
  });
});
