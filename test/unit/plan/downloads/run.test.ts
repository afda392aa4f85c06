import { describe, expect, test } from '@jest/globals';
import { chooseRun } from '../../../../src/plan/downloads/run.js';
import { previousRun, shownRun } from '../../../../src/plan/previous-runs.js';
import type { RunRecord } from '../../../../src/plan/record.js';
import { manifestKey } from '../../../../src/protocol/keys.js';
import { at, aReport, running } from '../builders.js';
import { aFile } from './builders.js';

const { record } = running();
const PREFIX = `clusters/prod/shop/web-resets/${record.run.id}/`;
const silent = () => undefined;
const chosen = (of: RunRecord | undefined, runID?: string, report: Parameters<typeof chooseRun>[2] = silent) => chooseRun(of, runID, report);
const over = (run: RunRecord['run']): RunRecord['run'] => ({ ...run, result: { outcome: 'Complete', reason: 'AllTargets', message: '', completionTime: at(0) } });
const OTHER = '20261119T000000Z-abcdef';

test('the run of now, where its destination was pinned, with a manifest for each attempt, the newest first', () => {
  const [node] = record.run.nodes;
  const third: RunRecord = { ...record, run: { ...record.run, nodes: [{ ...(node as NonNullable<typeof node>), addressed: { attempt: 3, podName: 'p', podUID: 'agent-1', time: at(0), usedMs: 0 } }] } };
  const { run } = chosen(third);
  expect(run).toMatchObject({ id: record.run.id, prefix: PREFIX, isOver: false, destination: { name: 'team-bucket' } });
  expect(run?.manifests.map(({ key }) => key)).toEqual([3, 2, 1].map((attempt) => manifestKey(PREFIX, 'node-a', attempt)));
});

test('what the agent said last is known at once: its files, and that its manifest is there', () => {
  const { key = '', target, size, sha256 = '' } = aFile(PREFIX, 1);
  const report = aReport(record, { manifestKey: 'said by the agent', recentFiles: [{ key, target, size, sha256, packets: 1 }] });
  const { run } = chosen(record, undefined, (podUID) => (podUID === 'agent-1' ? report : undefined));
  expect(run?.recentFiles).toMatchObject([{ key }]);
  expect(run?.manifests).toEqual([{ key: manifestKey(PREFIX, 'node-a', 1), node: 'node-a', attempt: 1, isThere: true }]);
});

test('a superseded run that still delivers, and earlier ones, are found by their ids', () => {
  const draining = { ...record.run, id: OTHER };
  expect(chosen({ ...record, draining }, OTHER).run).toMatchObject({ id: OTHER, isOver: false });
  const earlier = previousRun(over(draining), record.capture);
  const { run } = chosen({ ...record, previousRuns: [earlier] }, OTHER);
  expect(run).toMatchObject({ id: OTHER, isOver: true, destination: record.run.destination, prefix: PREFIX.replace(record.run.id, OTHER) });
  expect(run?.manifests).toEqual([{ key: manifestKey(PREFIX.replace(record.run.id, OTHER), 'node-a', 1), node: 'node-a', attempt: 1, isThere: false }]);
  // What it takes to find its files is nobody's but the operator's.
  expect(shownRun(earlier)).not.toHaveProperty('files');
});

test('a run that may still deliver is not over', () => {
  const { run } = record;
  expect(chosen({ ...record, run: over(run) }).run?.isOver).toBe(true);
  const revisable = over(run);
  expect(chosen({ ...record, run: { ...revisable, result: { ...(revisable.result as NonNullable<typeof revisable.result>), revisable: true } } }).run?.isOver).toBe(false);
});

test('no run yet is waited for; a run that an older version recorded is told with where its files are', () => {
  expect(chosen(undefined).obstacle).toMatchObject({ reason: 'NoRunYet', terminal: false });
  const { files: _none, ...old } = previousRun(over({ ...record.run, id: OTHER }), record.capture);
  expect(chosen({ ...record, previousRuns: [old] }, OTHER).obstacle).toMatchObject({ reason: 'RunNotFound', message: expect.stringContaining(`s3://captures/${PREFIX.replace(record.run.id, OTHER)}`) });
});

describe('hostile: reference', () => {
  test.each([['of another capture', '20261120T030512Z-ffffff'], ['of nobody', '19700101T000000Z-000000']])('a download of a run %s → told that this capture has none', (_whose, id) => {
    expect(chosen(record, id)).toEqual({ obstacle: expect.objectContaining({ reason: 'RunNotFound', terminal: true }) });
  });
});
