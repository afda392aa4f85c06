// A node that can't be asked, one that comes back, and one that is gone.
import { describe, expect, test } from '@jest/globals';
import type { Report } from '../../../src/protocol/report.js';
import type { NodeObject } from '../../../src/plan/objects.js';
import type { RunRecord } from '../../../src/plan/record.js';
import { aJob, aLedger, anAgentPod, aPod, aReport, aReportedTarget, at, condition, controlIn, recordOf } from './builders.js';
import { MINUTE, RUNS, story } from './story.js';

const aNode = (status: string, changed: number): NodeObject => ({ metadata: { name: 'node-a', uid: 'n' }, status: { conditions: [{ type: 'Ready', status, message: 'Kubelet stopped posting node status.', lastTransitionTime: at(changed) }] } });
const away = (sinceMs: number) => ({ node: (name: string) => (name === 'node-a' ? aNode('Unknown', sinceMs) : undefined) });
const back = { node: () => undefined };
const gone = { node: () => undefined, nodeIsGone: (name: string) => name === 'node-a' };

const capturing = (record: RunRecord, overrides: Partial<Report> = {}) => aReport(record, { number: 3, time: at(MINUTE), ledger: aLedger({ captured: 10, uploaded: 4, pending: 6 }), delivery: { ok: true }, targets: [aReportedTarget(record, { ledger: aLedger({ captured: 10, uploaded: 4, pending: 6 }) })], ...overrides });
const done = (record: RunRecord) =>
  capturing(record, { number: 30, phase: 'Done', done: true, stopReason: 'Duration', stopTime: at(2 * MINUTE), ledger: aLedger({ captured: 25, uploaded: 25 }), targets: [aReportedTarget(record, { state: 'Ended', stopReason: 'Duration' })] });

/** Captures, was heard a minute after its start, and its node went away then. */
function lonely() {
  const told = story();
  told.turn(MINUTE, { report: () => capturing(told.record) });
  return told;
}

describe('a node that can not be asked', () => {
  test('while it lasts, nobody knows whether anything is lost; the run goes on', () => {
    const { turn } = lonely();
    const plan = turn(3 * MINUTE, away(MINUTE));
    expect(condition(plan, 'LossDetected')).toMatchObject({ status: 'Unknown', reason: 'NodeUnreachable', message: expect.stringContaining(`node "node-a" can't be asked since ${at(MINUTE)}`) as unknown });
    expect(plan.status?.phase).toBe('Capturing');
    expect(condition(turn(4 * MINUTE, back), 'LossDetected')?.status).toBe('False');
    expect(turn(100 * MINUTE).status?.phase).toBe('Capturing');
  });

  test('for as long as it is given: Failed, NodeLost, with what was delivered; its children stay', () => {
    const { turn } = lonely();
    expect(turn(6 * MINUTE - 1, away(MINUTE)).status?.phase).toBe('Capturing');
    const plan = turn(6 * MINUTE);
    expect(condition(plan, 'Failed')).toMatchObject({ status: 'True', reason: 'NodeLost' });
    expect(condition(plan, 'Failed')?.message).toContain(`4 of 10 captured packets are in the bucket, and no more come: node "node-a" can't be asked since ${at(MINUTE)}`);
    expect(plan.status).toMatchObject({ run: { stopReason: 'NodeLost' }, targets: [{ state: 'Ended', stopReason: 'NodeLost' }], packets: { pending: 6 } });
    expect(condition(plan, 'LossDetected')?.status).toBe('Unknown');
    expect(turn(60 * MINUTE).children).toMatchObject({ deleteJobs: [], deleteSecrets: [] });
  });

  test('and comes back: its agent hears stop, and what it captured and delivered meanwhile is counted, for good', () => {
    const { turn, record } = lonely();
    turn(6 * MINUTE, away(MINUTE));
    const returned = turn(60 * MINUTE, { ...back, report: () => capturing(record, { number: 20, ledger: aLedger({ captured: 25, uploaded: 5, pending: 20 }) }) });
    expect(controlIn(returned)).toMatchObject({ podUID: 'agent-1', stop: { reason: 'NodeLost' } });
    expect(returned.status).toMatchObject({ phase: 'Failed', packets: { captured: 25, pending: 20 } });
    expect(condition(returned, 'LossDetected')?.status).toBe('False');
    const plan = turn(61 * MINUTE, { report: () => done(record) });
    expect(plan.status).toMatchObject({ phase: 'Complete', packets: { captured: 25, uploaded: 25, pending: 0 }, run: { completionTime: at(61 * MINUTE) } });
    expect(recordOf(plan).run.result?.revisable).toBeUndefined();
  });

  test('does not disturb another node of the run', () => {
    const { turn, record } = lonely();
    const moved = [aPod({ metadata: { uid: 'bbbbbbbb-2' }, spec: { nodeName: 'node-b' } })];
    const two = recordOf(turn(2 * MINUTE, { ...away(MINUTE), targetPods: moved })).run;
    const pods = [anAgentPod(record, 'agent-1', RUNS), anAgentPod(record, 'agent-2', { ...RUNS, metadata: { labels: { 'job-name': two.nodes[1]?.jobName, 'packetcapture.dev/run-id': two.id } } })];
    const jobs = two.nodes.map(({ jobName }) => ({ metadata: { name: jobName, uid: jobName, labels: { 'packetcapture.dev/run-id': two.id } } }));
    const other = (overrides: Partial<Report>) => (uid: string) => (uid === 'agent-1' ? capturing(record) : aReport(record, { node: 'node-b', podUID: uid, spool: 'b', targets: [{ name: two.targets[1]?.name ?? '', state: 'Capturing', ledger: aLedger() }], ...overrides }));
    turn(3 * MINUTE, { pods, jobs, report: other({}) });
    const lost = turn(20 * MINUTE);
    expect(lost.status).toMatchObject({ phase: 'Capturing', targets: [{ node: 'node-a', stopReason: 'NodeLost' }, { node: 'node-b', state: 'Capturing' }] });
    expect(lost.children.controls.map(({ pod, annotation }) => [pod.metadata.uid, (JSON.parse(annotation) as { stop: unknown }).stop])).toEqual([['agent-1', { reason: 'NodeLost' }], ['agent-2', null]]);
    const over = turn(21 * MINUTE, { report: other({ number: 9, phase: 'Done', done: true, stopReason: 'Duration', ledger: aLedger({ captured: 3, uploaded: 3 }) }) });
    expect(condition(over, 'Failed')?.reason).toBe('NodeLost');
    expect(over.status?.packets).toMatchObject({ captured: 13, uploaded: 7, pending: 6 });
    const returned = turn(30 * MINUTE, { ...back, report: (uid) => (uid === 'agent-1' ? done(record) : undefined) });
    expect(returned.status).toMatchObject({ phase: 'Complete', packets: { captured: 28, uploaded: 28 } });
  });
});

describe('a node that is gone', () => {
  test('for as long as it is given: its spool is lost, the ledger balances, and what nobody heard of is a gap', () => {
    const { turn } = lonely();
    turn(2 * MINUTE, { ...gone, pods: [] });
    expect(turn(7 * MINUTE - 1).status?.packets).toMatchObject({ pending: 6 });
    const plan = turn(7 * MINUTE);
    expect(condition(plan, 'Failed')).toMatchObject({ status: 'True', reason: 'NodeLost' });
    expect(plan.status).toMatchObject({ run: { stopReason: 'NodeLost' }, packets: { captured: 10, uploaded: 4, pending: 0, discarded: 6, lost: 6 }, gaps: { count: 1, seconds: 360 }, targets: [{ state: 'Ended', stopReason: 'NodeLost', packets: { pending: 0, discarded: 6 } }] });
    expect(condition(plan, 'LossDetected')).toMatchObject({ status: 'True', reason: 'SeveralCauses' });
    const later = turn(10 * MINUTE);
    expect(later.children.deleteJobs).toHaveLength(1);
    expect(turn(11 * MINUTE, { ...back, jobs: [] }).status?.phase).toBe('Failed');
  });

  test('after capturing was over, with files left: UploadIncomplete', () => {
    const { turn, record } = lonely();
    turn(2 * MINUTE, { report: () => capturing(record, { number: 5, phase: 'Draining', stopReason: 'Duration', stopTime: at(2 * MINUTE), ledger: aLedger({ captured: 10, uploaded: 8, pending: 2 }) }) });
    turn(3 * MINUTE, { ...gone, pods: [] });
    const plan = turn(8 * MINUTE);
    expect(condition(plan, 'Failed')).toMatchObject({ reason: 'UploadIncomplete', message: expect.stringContaining("2 of 10 captured packets are not in the bucket; 2 were lost with their node's spool (SpoolLost)") as unknown });
    expect(plan.status).toMatchObject({ run: { stopReason: 'Duration' }, gaps: { count: 0 } });
  });

  test('after everything was delivered: Complete', () => {
    const { turn, record } = lonely();
    turn(2 * MINUTE, { report: () => capturing(record, { number: 5, phase: 'Draining', stopReason: 'Duration', stopTime: at(2 * MINUTE), ledger: aLedger({ captured: 10, uploaded: 10 }) }) });
    turn(3 * MINUTE, { ...gone, pods: [] });
    expect(turn(8 * MINUTE).status?.phase).toBe('Complete');
  });

  test('before anybody heard of its agent', () => {
    const { turn, record } = story();
    turn(MINUTE, { ...gone, jobs: [aJob(record)] });
    const plan = turn(6 * MINUTE);
    expect(condition(plan, 'Failed')).toMatchObject({ status: 'True', reason: 'NodeLost', message: expect.stringContaining('never heard of') as unknown });
  });
});

test.each([
  ['its last word', {}, 20],
  ['what its last word counts', { countedTime: at(MINUTE - 1500) }, 21.5],
])('a spool that is lost in mid-run leaves a gap from %s to the first of the next', (_, last, seconds) => {
  const { turn, record } = story();
  turn(MINUTE, { report: () => capturing(record, last) });
  const next = (uid: string) => (uid === 'agent-2' ? capturing(record, { podUID: uid, attempt: 2, number: 1, spool: 'spool-2', captureStartTime: at(MINUTE + 20_000) }) : undefined);
  turn(MINUTE + 10_000, { pods: [anAgentPod(record, 'agent-2', RUNS)], report: next });
  expect(turn(2 * MINUTE).status).toMatchObject({ packets: { discarded: 6 }, gaps: { count: 1, seconds } });
});
