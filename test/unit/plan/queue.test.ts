import { describe, expect, test } from '@jest/globals';
import { placeKey, type Place } from '../../../src/plan/places.js';
import { planCapture } from '../../../src/plan/plan.js';
import { queued, waitsSince, Walk, type House, type Request, type Wait } from '../../../src/plan/queue.js';
import type { RunRecord } from '../../../src/plan/record.js';
import { aCapture, aLedger, aPod, aReport, aWorld, at, condition, NOW, recordOf, running } from './builders.js';

const shop: Place = { kind: 'namespace', name: 'shop' };
const team: Place = { kind: 'namespace', name: 'team' };
const nodeA: Place = { kind: 'node', name: 'node-a' };
const nodeB: Place = { kind: 'node', name: 'node-b' };

/** Named by how long it waits: the smaller goes first. */
const waiter = (since: number, needs: Place[], joinedMs = NOW): Request => ({ id: String(since), uid: String(since), since, name: `shop/${since}`, needs, joinedMs });
const house = (used: Record<string, number> = {}, limit = 2, overrides: Partial<House> = {}): House => ({ now: NOW, limits: { namespace: limit, node: limit }, taken: (place) => used[placeKey(place)] ?? 0, unseen: 0, ...overrides });
const walked = (requests: Request[], where: House): [string, Wait | undefined][] => {
  const walk = new Walk(requests, where);
  return [...requests].sort((a, b) => a.since - b.since).map(({ id }) => [id, walk.waitOf(id)]);
};
const going = (requests: Request[], where: House): string[] => walked(requests, where).filter(([, wait]) => wait === undefined).map(([id]) => id);
const waitOf = (id: string, requests: Request[], where: House): Wait | undefined => new Walk(requests, where).waitOf(id);

describe('of those that wait for the same', () => {
  test('whoever waits longest goes, whatever the order in which they ask, and no more than there is room for', () => {
    expect(going([3, 1, 4, 2].map((since) => waiter(since, [shop, nodeA])), house({ 'namespace/shop': 0 }))).toEqual(['1', '2']);
  });

  test('equally long waits go by name', () => {
    const [b, a] = ['b', 'a'].map((name) => ({ ...waiter(1, [shop]), id: name, uid: name, name }));
    expect(going([b, a] as Request[], house({ 'namespace/shop': 1 }))).toEqual(['a']);
  });

  test('each reads its place in the queue, and how many run', () => {
    const all = [1, 2, 3].map((since) => waiter(since, [shop, nodeA]));
    expect(walked(all, house({ 'namespace/shop': 2 })).map(([, wait]) => wait)).toEqual([1, 2, 3].map((position) => ({ place: shop, taken: 2, limit: 2, position })));
  });

  test('where a limit was lowered nobody goes until there are fewer', () => {
    expect(waitOf('1', [waiter(1, [shop])], house({ 'namespace/shop': 5 }))).toEqual({ place: shop, taken: 5, limit: 2, position: 1 });
  });

  test('no limit is never full', () => {
    expect(going([waiter(1, [shop, nodeA])], house({ 'namespace/shop': 1e6, 'node/node-a': 1e6 }, Infinity))).toEqual(['1']);
  });
});

describe('who waits for something else', () => {
  test('for a node, holds up nobody on another in its namespace', () => {
    const all = [waiter(1, [shop, nodeA]), waiter(2, [shop, nodeB])];
    expect(going(all, house({ 'namespace/shop': 1, 'node/node-a': 2 }))).toEqual(['2']);
  });

  test('for its namespace, holds up nobody of another on its node', () => {
    const all = [waiter(1, [shop, nodeA], NOW - 3_600_000), waiter(2, [team, nodeA])];
    expect(going(all, house({ 'namespace/shop': 2, 'node/node-a': 1 }))).toEqual(['2']);
  });

  test('for long, gets kept what it needs besides: it would never have all of it at once where both are always full', () => {
    const patient = [waiter(1, [shop, nodeA, nodeB], NOW - 60_000), waiter(2, [shop, nodeB]), waiter(3, [team, nodeB])];
    const full = house({ 'namespace/shop': 1, 'node/node-a': 2, 'node/node-b': 1 });
    expect(going(patient, full)).toEqual([]);
    expect(waitOf('2', patient, full)).toMatchObject({ place: shop, taken: 1, position: 1 });
    expect(going(patient.map((request) => ({ ...request, joinedMs: NOW - 59_999 })), full)).toEqual(['2']);
  });

  test('a run on many nodes begins when each of them has room', () => {
    expect(waitOf('1', [waiter(1, [shop, nodeA, nodeB])], house({ 'node/node-b': 2 }))).toMatchObject({ place: nodeB });
  });
});

test('while some were not looked at, only those go that there is room for beside them', () => {
  const unseen = house({ 'namespace/shop': 10 }, 20, { unseen: 5 });
  expect(going([waiter(1, [shop])], unseen)).toEqual(['1']);
  const wait = waitOf('1', [waiter(1, [shop])], { ...unseen, unseen: 10 });
  expect(wait).toEqual({ place: shop, taken: 10, limit: 20 });
  expect(queued(wait as Wait).message).toBe('in the queue of namespace "shop": the operator has just begun, and finds out who waits longest');
});

describe('a capture waits since', () => {
  const made = at(-5000);
  const capture = aCapture({}, { creationTimestamp: made });
  const { record } = running();
  const ended = (overrides: Partial<RunRecord['run']>): RunRecord => ({ ...record, run: { ...record.run, startTime: at(-4000), ...overrides } });
  const result = { outcome: 'Complete', reason: 'AllTargets', message: '', completionTime: at(-1000) } as const;

  test.each([
    ['it was made', undefined, made],
    ['its last run was over, when it asks for another', ended({ result }), at(-1000)],
    ['the start of the run that an edit ends', ended({}), at(-4000)],
    ['the start of the run that an edit ended', ended({ stop: { reason: 'Superseded', time: at(-2000) }, result }), at(-4000)],
  ])('%s', (_when, known, since) => expect(waitsSince(capture, known)).toBe(Date.parse(since)));
});

describe('what is read', () => {
  test.each([
    [{ place: shop, taken: 20, limit: 20, position: 2 }, '2nd in the queue of namespace "shop": 20 captures run there, the most that the operator allows (--max-captures-per-namespace)'],
    [{ place: nodeA, taken: 1, limit: 1, position: 1 }, '1st in the queue of node "node-a": 1 capture runs there, the most that the operator allows (--max-captures-per-node)'],
    [{ place: nodeA, taken: 18, limit: 20, position: 3 }, '3rd in the queue of node "node-a": 18 captures run there, and the operator allows 20 (--max-captures-per-node): those before it take the rest'],
    [{ place: shop, taken: 1, limit: 1, position: 11 }, '11th in'],
    [{ place: shop, taken: 1, limit: 1, position: 112 }, '112th in'],
    [{ place: shop, taken: 1, limit: 1, position: 122 }, '122nd in'],
  ])('%j', (wait, words) => expect(queued(wait).message).toContain(words));
});

describe('a capture for which there is no room', () => {
  const wait: Wait = { place: shop, taken: 20, limit: 20, position: 2 };

  test('is accepted and reconciling, and nothing of it begins', () => {
    const plan = planCapture(aWorld({ admission: () => wait }));
    expect(plan.record).toBeUndefined();
    expect(plan).toMatchObject({ finalizer: 'absent', status: { phase: 'Pending' }, children: { createJobs: [], secrets: [] } });
    expect(plan.lookAgainMs).toBeDefined();
    expect(condition(plan, 'Accepted')).toMatchObject({ status: 'True' });
    for (const type of ['Ready', 'Reconciling']) expect(condition(plan, type)).toMatchObject({ status: type === 'Ready' ? 'False' : 'True', reason: 'Queued', message: queued(wait).message });
  });

  test.each([
    ['suspended', { capture: aCapture({ suspend: true }) }],
    ['deleted', { capture: aCapture({}, { deletionTimestamp: at(0) }) }],
    ['refused', { capture: aCapture({ duration: '25h' }) }],
    ['without its pod', { targetPods: [] }],
    ['without its destination', { destinations: [] }],
    ['of a filter that still compiles', { filter: () => ({ isPending: true }) }],
  ])('that is %s does not ask for a place', (_what, overrides) => {
    const asked: string[][] = [];
    planCapture(aWorld({ ...overrides, admission: (nodes) => void asked.push(nodes) }));
    expect(asked).toEqual([]);
  });

  test('that was edited ends its run, which delivers, and waits for the place of the next', () => {
    const { world, record } = running();
    const plan = planCapture({ ...world, capture: aCapture({ filter: 'udp' }, { generation: 2 }), report: () => aReport(record), admission: () => wait });
    expect(recordOf(plan).run).toMatchObject({ id: record.run.id, stop: { reason: 'Superseded' } });
    const over = planCapture({ ...world, record: recordOf(plan), capture: aCapture({ filter: 'udp' }, { generation: 2 }), report: () => aReport(record, { number: 2, done: true, ledger: aLedger({ captured: 1, uploaded: 1 }) }), admission: () => wait });
    expect(condition(over, 'Ready')).toMatchObject({ status: 'False', reason: 'Queued' });
  });
});

describe('a run that lasts', () => {
  const pods = [aPod(), aPod({ metadata: { name: 'web-1', uid: 'bbbbbbbb-1111' }, spec: { nodeName: 'node-b' } }), aPod({ metadata: { name: 'web-2', uid: 'cccccccc-1111' } })];
  const target = { podSelector: {}, maxTargets: 2 };
  const { record } = running({ capture: aCapture({ target }) });
  const many: RunRecord = { ...record, run: { ...record.run, spec: { ...(record.run.spec as object), target } } };
  const world = aWorld({ record: many, capture: aCapture({ target }), targetPods: pods, report: () => aReport(many) });

  test('leaves out a pod on a full node, says so, and takes the next one', () => {
    const plan = planCapture({ ...world, hasRoom: () => false });
    expect(recordOf(plan).run.targets.map(({ podName }) => podName)).toEqual(['web-0', 'web-2']);
    expect(recordOf(plan).run.nodes.map(({ node }) => node)).toEqual(['node-a']);
    expect(condition(plan, 'Capturing')?.message).toContain('left out: web-1 (on their nodes run as many captures as the operator allows (--max-captures-per-node))');
  });

  test('goes there when there is room, and asks about no node that it has', () => {
    const asked: string[] = [];
    const plan = planCapture({ ...world, hasRoom: (node) => (asked.push(node), true) });
    expect(asked).toEqual(['node-b']);
    expect(recordOf(plan).run.nodes.map(({ node }) => node)).toEqual(['node-a', 'node-b']);
  });

  test('asks about no node for a pod that maxTargets leaves out', () => {
    const asked: string[] = [];
    planCapture({ ...world, capture: aCapture({ target: { ...target, maxTargets: 1 } }), hasRoom: (node) => (asked.push(node), true) });
    expect(asked).toEqual([]);
  });
});
