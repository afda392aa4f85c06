// A stopped run whose files the bucket does not take: Failed while it lasts, and what still comes makes another result of it.
import { describe, expect, test } from '@jest/globals';
import type { Report } from '../../../src/protocol/report.js';
import type { RunRecord } from '../../../src/plan/record.js';
import { aCapture, aJob, aLedger, anAgentPod, aReport, aReportedTarget, at, condition, controlIn, recordOf } from './builders.js';
import { MINUTE, RUNS, story } from './story.js';

const BUCKET_DOWN = { ok: false, reason: 'BucketUnreachable', httpStatus: 503, message: 'secret host says no' };

const draining = (record: RunRecord, overrides: Partial<Report> = {}) =>
  aReport(record, { number: 5, phase: 'Draining', stopReason: 'Duration', stopTime: at(0), ledger: aLedger({ captured: 10, uploaded: 4, pending: 6 }), delivery: BUCKET_DOWN, targets: [aReportedTarget(record, { state: 'Draining', stopReason: 'Duration' })], ...overrides });
const done = (record: RunRecord, overrides: Partial<Report> = {}) =>
  draining(record, { number: 9, phase: 'Done', done: true, delivery: { ok: true }, ledger: aLedger({ captured: 10, uploaded: 10 }), targets: [aReportedTarget(record, { state: 'Ended', stopReason: 'Duration' })], ...overrides });

const overdue = () => {
  const told = story();
  told.turn(0, { report: () => draining(told.record) });
  return { ...told, plan: told.turn(10 * MINUTE) };
};

describe('nothing is delivered after the stop', () => {
  test('for less than the deadline: it uploads', () => {
    const { turn, record } = story();
    turn(0, { report: () => draining(record) });
    expect(turn(10 * MINUTE - 1).status?.phase).toBe('Uploading');
  });

  test('for the deadline: Failed, UploadIncomplete, with the counts, the code of the bucket and the time until which it is tried', () => {
    const { plan } = overdue();
    expect(condition(plan, 'Failed')).toMatchObject({ status: 'True', reason: 'UploadIncomplete' });
    expect(condition(plan, 'Failed')?.message).toContain(`4 of 10 captured packets are in the bucket, and no more come: the bucket does not take them (BucketUnreachable, HTTP 503); what is on the node is kept and tried until ${at(24 * 60 * MINUTE)}`);
    expect(JSON.stringify(plan.status)).not.toContain('secret host');
    expect(condition(plan, 'Stalled')?.reason).toBe('UploadIncomplete');
    expect(plan.status?.run?.completionTime).toBe(at(10 * MINUTE));
    expect(plan.finalizer).toBe('absent');
  });

  test('its Job and Secret stay, also long after, and its Job is made again', () => {
    const { turn } = overdue();
    expect(turn(5 * 60 * MINUTE).children).toMatchObject({ deleteJobs: [], deleteSecrets: [], collected: [], createJobs: [] });
    expect(turn(5 * 60 * MINUTE, { jobs: [], pods: [] }).children.createJobs).toHaveLength(1);
    expect(turn(5 * 60 * MINUTE).lookAgainMs).toBe(15_000);
  });

  test.each([
    ['a report that is done completes it', {}, 'Complete', 'AllTargets'],
    ['packets that were given up fail it for good', { ledger: aLedger({ captured: 10, uploaded: 4, discarded: 6 }), discards: { DrainExpired: 6 } }, 'Failed', 'UploadIncomplete'],
  ])('%s, at the time at which it came, and then it is collected', (_what, overrides, phase, reason) => {
    const { turn, record } = overdue();
    const later = turn(60 * MINUTE, { report: () => done(record, overrides) });
    expect(later.status).toMatchObject({ phase, run: { completionTime: at(60 * MINUTE), stopReason: 'Duration' } });
    expect(condition(later, phase)?.reason).toBe(reason);
    expect(condition(later, phase === 'Failed' ? 'Complete' : 'Failed')?.status).toBe('False');
    expect(turn(70 * MINUTE).children.deleteJobs).toHaveLength(1);
    const last = turn(71 * MINUTE, { jobs: [], pods: [] });
    expect(recordOf(last).run.collected).toBe(true);
    expect(last.lookAgainMs).toBeUndefined();
  });

  test('progress begins the deadline anew', () => {
    const { turn, record } = story();
    turn(0, { report: () => draining(record) });
    turn(9 * MINUTE, { report: () => draining(record, { number: 6, ledger: aLedger({ captured: 10, uploaded: 5, pending: 5 }) }) });
    expect(turn(18 * MINUTE).status?.phase).toBe('Uploading');
    expect(turn(19 * MINUTE).status?.phase).toBe('Failed');
  });

  test('a bucket that takes files slowly is waited for', () => {
    const { turn, record } = story();
    turn(0, { report: () => draining(record, { delivery: { ok: true } }) });
    expect(turn(60 * MINUTE).status?.phase).toBe('Uploading');
  });

  test('an agent that can not be started any more is not waited for either', () => {
    const { turn, record } = story();
    turn(0, { report: () => draining(record, { delivery: { ok: true } }), pods: [anAgentPod(record, 'agent-1', { status: { phase: 'Running', containerStatuses: [{ name: 'agent', state: { waiting: { reason: 'CrashLoopBackOff' } } }] } })] });
    const plan = turn(10 * MINUTE);
    expect(condition(plan, 'Failed')?.message).toContain('no agent runs there');
  });

  test('nobody ever works on it again: given up after its time, as lost with its spool', () => {
    const { turn, record } = story();
    turn(0, { report: () => draining(record), jobs: [aJob(record)], pods: [] });
    expect(recordOf(turn(24 * 60 * MINUTE)).run.result?.revisable).toBe(true);
    const plan = turn(24 * 60 * MINUTE + 10 * MINUTE);
    expect(plan.status).toMatchObject({ phase: 'Failed', packets: { captured: 10, uploaded: 4, pending: 0, discarded: 6 } });
    expect(recordOf(plan).run.result?.revisable).toBeUndefined();
    expect(condition(plan, 'LossDetected')).toMatchObject({ status: 'True', reason: 'SpoolLost' });
  });
});

describe('a run that is Failed for now', () => {
  test('never captures again: it follows no new pod of its name, and its agents hear stop', () => {
    const { turn, record } = overdue();
    const pod = { metadata: { name: 'web-0', namespace: 'shop', uid: 'cccccccc' }, spec: { nodeName: 'node-a' }, status: { phase: 'Running', podIP: '10.0.0.8' } };
    const plan = turn(20 * MINUTE, { targetPods: [pod], pods: [anAgentPod(record, 'agent-2', RUNS)], report: () => undefined });
    expect(recordOf(plan).run.targets).toHaveLength(1);
    expect(controlIn(plan)).toMatchObject({ podUID: 'agent-2', attempt: 2, stop: { reason: 'Duration' } });
  });

  test('makes place for a newer one and delivers beside it', () => {
    const { turn, record } = overdue();
    const plan = turn(20 * MINUTE, { capture: aCapture({ runToken: '2' }, { generation: 2 }) });
    expect(plan.record).toMatchObject({ run: { number: 2 }, draining: { id: record.run.id, result: { revisable: true } } });
    expect(plan.status?.previousRuns).toMatchObject([{ id: record.run.id, packets: { pending: 6 } }]);
    expect(plan.children.deleteJobs).toEqual([]);
    const later = turn(30 * MINUTE, { report: (uid) => (uid === 'agent-1' ? done(record) : undefined) });
    expect(later.status?.previousRuns).toMatchObject([{ completionTime: at(30 * MINUTE), packets: { pending: 0, uploaded: 10 } }]);
  });

  test('does not hold a deleted object, and is remembered until it is delivered', () => {
    const { turn, record } = overdue();
    expect(turn(20 * MINUTE, { capture: aCapture({}, { deletionTimestamp: at(20 * MINUTE), finalizers: ['packetcapture.dev/drain'] }) }).finalizer).toBe('absent');
    const orphan = turn(21 * MINUTE, { capture: undefined as never });
    expect(orphan).toMatchObject({ forget: false, children: { deleteJobs: [] }, lookAgainMs: 15_000 });
    expect(turn(22 * MINUTE, { report: () => done(record) }).children.deleteJobs).toHaveLength(1);
    expect(turn(23 * MINUTE, { jobs: [], pods: [] }).forget).toBe(true);
  });

  test('does not write its record at each turn', () => {
    const { turn } = overdue();
    const before = turn(11 * MINUTE).record;
    expect(turn(12 * MINUTE).record).toEqual(before);
  });
});
