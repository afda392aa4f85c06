// A capture pod that is taken away from a cordoned node is not fought for.
import { describe, expect, test } from '@jest/globals';
import type { Report } from '../../../src/protocol/report.js';
import type { JobObject } from '../../../src/plan/objects.js';
import type { RunRecord } from '../../../src/plan/record.js';
import { aJob, aLedger, anAgentPod, aReport, aReportedTarget, at, condition, controlIn, recordOf } from './builders.js';
import { MINUTE, RUNS, story } from './story.js';

const aNode = (unschedulable?: true) => ({ node: () => ({ metadata: { name: 'node-a', uid: 'n' }, spec: { ...(unschedulable && { unschedulable }) }, status: { conditions: [{ type: 'Ready', status: 'True' }] } }) });
const CORDONED = aNode(true);
const UNCORDONED = aNode();

const capturing = (record: RunRecord, overrides: Partial<Report> = {}) => aReport(record, { number: 3, time: at(MINUTE), ledger: aLedger({ captured: 10, uploaded: 4, pending: 6 }), delivery: { ok: true }, ...overrides });
const terminating = (record: RunRecord) => [anAgentPod(record, 'agent-1', { ...RUNS, metadata: { deletionTimestamp: at(MINUTE) } })];
const scaled = (record: RunRecord, parallelism: number): JobObject[] => [{ ...aJob(record), spec: { parallelism } }];

function drained() {
  const told = story();
  told.turn(MINUTE, { report: () => capturing(told.record), jobs: scaled(told.record, 1) });
  const plan = told.turn(MINUTE + 1000, { ...CORDONED, pods: terminating(told.record) });
  told.turn(MINUTE + 30_000, { pods: [], jobs: scaled(told.record, 0) });
  return { ...told, plan };
}

describe('a capture pod is deleted', () => {
  test('from a node that is not cordoned: its Job replaces it', () => {
    const { turn, record } = story();
    turn(MINUTE, { report: () => capturing(record), jobs: scaled(record, 1) });
    const plan = turn(MINUTE + 1000, { ...UNCORDONED, pods: terminating(record) });
    expect(plan.children.scaleJobs).toEqual([]);
    expect(recordOf(turn(MINUTE + 30_000, { pods: [anAgentPod(record, 'agent-2', RUNS)] })).run.nodes[0]?.addressed).toMatchObject({ attempt: 2, podUID: 'agent-2' });
  });

  test('again and again: each replacement is the next attempt, one after the other', () => {
    const { turn, record } = story();
    for (let n = 2; n <= 6; n += 1) {
      const [before, after] = [`agent-${n - 1}`, `agent-${n}`];
      const both = [anAgentPod(record, before, { ...RUNS, metadata: { deletionTimestamp: at(n * MINUTE) } }), anAgentPod(record, after, RUNS)];
      expect(recordOf(turn(n * MINUTE, { pods: both })).run.nodes[0]?.addressed?.podUID).toBe(before);
      expect(recordOf(turn(n * MINUTE + 1000, { pods: both.slice(1) })).run.nodes[0]?.addressed).toMatchObject({ attempt: n, podUID: after });
    }
  });

  test('with its Job: the Job is made again under the same run, and its pod is the next attempt', () => {
    const { turn, record } = story();
    turn(MINUTE, { report: () => capturing(record) });
    const plan = turn(MINUTE + 1000, { jobs: [], pods: [] });
    expect(plan.children.createJobs).toMatchObject([{ metadata: { name: record.run.nodes[0]?.jobName, labels: { 'packetcapture.dev/run-id': record.run.id } } }]);
    const replaced = turn(2 * MINUTE, { jobs: [aJob(record)], pods: [anAgentPod(record, 'agent-2', RUNS)] });
    expect(controlIn(replaced)).toMatchObject({ podUID: 'agent-2', attempt: 2, stop: null });
  });
});

describe('a cordoned node', () => {
  test('changes nothing as long as nothing is deleted there', () => {
    const { turn, record } = story();
    const plan = turn(MINUTE, { ...CORDONED, report: () => capturing(record), jobs: scaled(record, 1) });
    expect(plan.children.scaleJobs).toEqual([]);
    expect(plan.status?.phase).toBe('Capturing');
  });

  test('whose capture pod is deleted gets no other, and the run says so', () => {
    const { plan, record, turn } = drained();
    expect(plan.children.scaleJobs).toMatchObject([{ job: { metadata: { name: record.run.nodes[0]?.jobName } }, parallelism: 0 }]);
    expect(condition(plan, 'Ready')).toMatchObject({ status: 'False', reason: 'NodeDrained' });
    expect(condition(plan, 'Reconciling')?.status).toBe('True');
    expect(plan.status).toMatchObject({ phase: 'Starting', targets: [{ state: 'Pending', reason: 'NodeDrained' }], packets: { pending: 6 } });
    expect(condition(plan, 'Capturing')?.status).toBe('False');
    expect(condition(plan, 'LossDetected')).toMatchObject({ status: 'Unknown', reason: 'NodeDrained' });
    const raced = turn(MINUTE + 31_000, { pods: [anAgentPod(record, 'agent-2', RUNS)] });
    expect(recordOf(raced).run.nodes[0]?.addressed?.podUID).toBe('agent-1');
    expect(turn(MINUTE + 40_000, { jobs: [], pods: [] }).children.createJobs).toEqual([]);
  });

  test('that is uncordoned gets its capture pod back, which captures on', () => {
    const { record, turn } = drained();
    const plan = turn(MINUTE + 45_000, UNCORDONED);
    expect(plan.children.scaleJobs).toMatchObject([{ parallelism: 1 }]);
    const next = turn(MINUTE + 50_000, { jobs: scaled(record, 1), pods: [anAgentPod(record, 'agent-2', RUNS)] });
    expect(controlIn(next)).toMatchObject({ podUID: 'agent-2', attempt: 2, stop: null });
  });

  test('whose target is gone too ends the run as NodeDrained; what is left there is delivered when it can be', () => {
    const { record, turn } = drained();
    turn(2 * MINUTE, { targetPods: [] });
    const stopped = turn(3 * MINUTE);
    expect(stopped.status).toMatchObject({ phase: 'Uploading', run: { stopReason: 'NodeDrained' } });
    turn(3 * MINUTE);
    const overdue = turn(13 * MINUTE);
    expect(condition(overdue, 'Failed')).toMatchObject({ reason: 'UploadIncomplete', message: expect.stringContaining('node "node-a" is drained') as unknown });
    turn(20 * MINUTE, UNCORDONED);
    const next = turn(21 * MINUTE, { jobs: scaled(record, 1), pods: [anAgentPod(record, 'agent-2', RUNS)] });
    expect(controlIn(next)).toMatchObject({ podUID: 'agent-2', stop: { reason: 'NodeDrained' } });
    const done = capturing(record, { podUID: 'agent-2', attempt: 2, phase: 'Done', done: true, stopReason: 'NodeDrained', stopTime: at(MINUTE), ledger: aLedger({ captured: 10, uploaded: 10 }), targets: [aReportedTarget(record, { state: 'Ended', stopReason: 'NodeDrained' })] });
    expect(turn(22 * MINUTE, { report: (uid) => (uid === 'agent-2' ? done : undefined) }).status?.phase).toBe('Complete');
  });

  test('that is never given back loses its spool once the time of its files is over', () => {
    const { turn } = drained();
    turn(2 * MINUTE, { targetPods: [] });
    turn(3 * MINUTE);
    turn(14 * MINUTE);
    const plan = turn(24 * 60 * MINUTE + 14 * MINUTE);
    expect(plan.status).toMatchObject({ phase: 'Failed', packets: { captured: 10, uploaded: 4, pending: 0, discarded: 6 } });
    expect(condition(plan, 'Failed')?.reason).toBe('NodeDrained');
    expect(recordOf(plan).run.result?.revisable).toBeUndefined();
  });

  test('ends the run with its duration, where the target stays', () => {
    const { turn } = drained();
    expect(turn(2 * MINUTE).status?.run?.stopReason).toBeUndefined();
    expect(turn(2 * MINUTE + 1000).status?.run?.stopReason).toBe('NodeDrained');
  });
});
