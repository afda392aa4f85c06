import { describe, expect, test } from '@jest/globals';
import { holdingsOf, knows, placeKey, placesOf, readHoldings, taken, together, type Holdings } from '../../../src/plan/places.js';
import { recordConfigMap, type Run, type RunRecord } from '../../../src/plan/record.js';
import { aReport, at, running } from './builders.js';

const { record } = running();
const withRun = (overrides: Partial<Run>): RunRecord => ({ ...record, run: { ...record.run, ...overrides } });
const node = record.run.nodes[0] as Run['nodes'][0];
const result = { outcome: 'Failed', reason: 'UploadIncomplete', message: '', completionTime: at(0) } as const;
const places = (of: RunRecord): string[] => placesOf(holdingsOf(of)).map(placeKey);

describe('a run takes up', () => {
  test.each([
    ['a place in its namespace and on each of its nodes', {}, ['namespace/shop', 'node/node-a']],
    ['both while it delivers', { stop: { reason: 'Requested', time: at(0) } }, ['namespace/shop', 'node/node-a']],
    ['both while it is suspended: its agent stays', { suspended: { totalMs: 0, since: at(0) } }, ['namespace/shop', 'node/node-a']],
    ['its node for as long as late files are tried, and nothing in its namespace', { result: { ...result, revisable: true } }, ['node/node-a']],
    ['nothing once it is over', { result }, []],
    ['no node on which its agent is done', { nodes: [{ ...node, report: aReport(record, { done: true }) }] }, ['namespace/shop']],
    ['no node on which no agent ever ran', { nodes: [{ ...node, failure: { reason: 'StartTimeout', message: '' } }] }, ['namespace/shop']],
    ['no node that is lost', { nodes: [{ ...node, lost: { reason: 'NodeLost', time: at(0) } }] }, ['namespace/shop']],
  ] as [string, Partial<Run>, string[]][])('%s', (_what, overrides, expected) => expect(places(withRun(overrides))).toEqual(expected));

  test('one place more on a node on which an earlier one still delivers, and none more in the namespace', () => {
    const holdings = holdingsOf({ ...record, draining: { ...record.run, id: 'earlier' } });
    expect(placesOf(holdings).map((place) => taken(holdings, place))).toEqual([1, 2]);
  });
});

describe('a record in the cache', () => {
  const text = recordConfigMap(record, 'packetcapture-jobs').data?.['record.json'] ?? '';

  test('says what the record says', () => expect(readHoldings(text)).toEqual(holdingsOf(record)));

  test('of another version counts as far as it can be read', () => {
    const later = JSON.stringify({ ...record, version: 7, run: { ...record.run, targets: 'elsewhere' } });
    expect(readHoldings(later)).toEqual(holdingsOf(record));
  });

  test.each([[undefined], ['{'], ['{"capture":{}}']])('that says nothing takes nothing: %j', (broken) => expect(readHoldings(broken)).toBeUndefined());
});

describe('what was decided, and what the cache knows of it', () => {
  const run = (id: string, isActive: boolean, nodes: Record<string, boolean>): Holdings['runs'][0] => ({ id, isActive, nodes });
  const of = (...runs: Holdings['runs']): Holdings => ({ namespace: 'shop', runs });

  test.each([
    ['a run that is new', of(), of(run('2', true, { a: true })), of(run('2', true, { a: true }))],
    ['a node that is new', of(run('1', true, { a: false })), of(run('1', true, { a: true, b: true })), of(run('1', true, { a: false, b: true }))],
    ['a run that the cache saw end', of(run('1', false, { a: false })), of(run('1', true, { a: true })), of(run('1', false, { a: false }))],
    ['a run that made place for another', of(run('1', true, { a: true })), of(run('2', true, { a: true })), of(run('2', true, { a: true }), run('1', true, { a: true }))],
  ])('%s', (_what, cached, decided, both) => expect(together(cached, decided)).toEqual(both));

  test('is known once every run and every node of it is', () => {
    expect(knows(of(run('1', false, { a: false, b: true })), of(run('1', true, { a: true })))).toBe(true);
    expect(knows(of(run('1', true, { a: true })), of(run('1', true, { a: true, b: true })))).toBe(false);
    expect(knows(of(run('1', true, { a: true })), of(run('2', true, {})))).toBe(false);
  });
});
