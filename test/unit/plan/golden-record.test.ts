// An operator that is upgraded in mid-run: records as the first version wrote them, and agents that know none of the newer words.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parseReport } from '../../../src/protocol/report.js';
import { planCapture } from '../../../src/plan/plan.js';
import { parseRecord, type RunRecord } from '../../../src/plan/record.js';
import { aCapture, aJob, anAgentPod, aWorld, at, condition, controlIn, NOW, POD_UID, recordOf, UID } from './builders.js';
import { RUNS } from './story.js';

// A golden file is never edited; what a later version adds gets a file of its own beside it.
const golden = (name: string): { text: string; record: RunRecord } => {
  const text = readFileSync(new URL(`golden/record-v1-${name}.json`, import.meta.url), 'utf8');
  const { record, problem } = parseRecord({ metadata: { name: UID }, data: { 'record.json': text } });
  if (!record) throw new Error(problem);
  return { text, record };
};

test.each(['running', 'superseded'])('a record of a run that is %s is read without losing or changing a field', (name) => {
  const { text, record } = golden(name);
  expect(record).toMatchObject(JSON.parse(text) as object);
});

describe('the run of such a record', () => {
  const { record } = golden('running');
  const pods = [anAgentPod(record, 'agent-1', RUNS)];
  const world = aWorld({ record, now: NOW + 60_000, jobs: [aJob(record)], pods });
  /** As the first version's agent wrote it. */
  const line = (overrides: object = {}): string =>
    JSON.stringify({
      ...{ report: 'packetcapture.dev/report', version: 1, runID: record.run.id, node: 'node-a', podUID: 'agent-1', attempt: 1, number: 30, time: at(130_000), spool: 'spool-1', phase: 'Done', gaps: { count: 1, seconds: 2.5 } },
      ...{ ledger: { packets: { captured: 12, uploaded: 12, pending: 0, discarded: 0, droppedByKernel: 1, droppedByInterface: 0 }, files: { captured: 3, uploaded: 3, pending: 0, discarded: 0 }, bytes: { captured: 30, uploaded: 30, pending: 0, discarded: 0 } } },
      ...{ captureStartTime: at(1000), stopTime: at(121_000), stopReason: 'Duration', targets: [], recentFiles: [], done: true },
      ...overrides,
    });

  test('goes on: no second Job, the same pod, the same duration', () => {
    const plan = planCapture(world);
    expect(plan.record?.run).toMatchObject({ id: record.run.id, nodes: [{ addressed: { attempt: 1, podUID: 'agent-1' } }] });
    expect(plan.children).toMatchObject({ createJobs: [], deleteJobs: [], scaleJobs: [] });
    expect(controlIn(plan)).toMatchObject({ podUID: 'agent-1', attempt: 1, remainingMs: 120_000, stop: null, suspend: false, snapshot: null, targets: [{ podUID: POD_UID }] });
    expect(plan.status).toMatchObject({ phase: 'Capturing', packets: { captured: 10, pending: 6 } });
  });

  test('ends with the report of its old agent', () => {
    const plan = planCapture({ ...world, now: NOW + 130_000, report: () => parseReport(line()) });
    expect(plan.status).toMatchObject({ phase: 'Complete', packets: { captured: 12, uploaded: 12, pending: 0 } });
    expect(condition(plan, 'LossDetected')).toMatchObject({ status: 'True', reason: 'SeveralCauses' });
    const finished = recordOf(plan);
    const again = planCapture({ ...world, record: finished, now: NOW + 3_600_000, capture: aCapture({ ring: { fileSize: 10_000_000, rotateInterval: '0.5m' } }, { generation: 9 }) });
    expect(again.record?.run.id).toBe(record.run.id);
    expect(again.children.createJobs).toEqual([]);
  });

  test('fails, and completes late, as one of today', () => {
    const draining = line({ phase: 'Draining', done: false, number: 20, delivery: { ok: false, reason: 'BucketUnreachable' }, ledger: record.run.nodes[0]?.report?.ledger });
    const first = recordOf(planCapture({ ...world, now: NOW + 121_000, report: () => parseReport(draining) }));
    const failed = planCapture({ ...world, record: first, now: NOW + 121_000 + 600_000, report: () => parseReport(draining) });
    expect(condition(failed, 'Failed')?.reason).toBe('UploadIncomplete');
    expect(planCapture({ ...world, record: recordOf(failed), now: NOW + 800_000, report: () => parseReport(line()) }).status?.phase).toBe('Complete');
  });
});

test('a superseded run of such a record delivers beside the newer one, and becomes a previous run', () => {
  const { record } = golden('superseded');
  const plan = planCapture(aWorld({ record, now: NOW + 10_000, capture: aCapture({ filter: 'udp' }, { generation: 2 }) }));
  expect(plan.record).toMatchObject({ run: { id: record.run.id, number: 2 }, draining: { id: record.draining?.id } });
  expect(plan.status?.previousRuns).toMatchObject([{ id: record.draining?.id, packets: { pending: 6 } }]);
});
