import { describe, expect, test } from '@jest/globals';
import { planCapture, type Plan } from '../../../src/plan/plan.js';
import type { RunRecord } from '../../../src/plan/record.js';
import type { World } from '../../../src/plan/world.js';
import type { Snapshot } from '../../../src/protocol/snapshot.js';
import { aCapture, aLedger, anAgentPod, aPod, aReport, aReportedTarget, aWorld, at, condition, controlIn, NOW, recordOf, running } from './builders.js';

const RECORDER = { duration: '0s', upload: { policy: 'OnDemand' }, ring: { files: 10, fileSize: '10M' } };
const recorder = (token?: string, metadata: object = {}, spec: object = {}) => aCapture({ ...RECORDER, ...spec }, { ...(token !== undefined && { annotations: { 'packetcapture.dev/snapshot': token } }), ...metadata });
const taken = (token: string, overrides: Partial<Snapshot> = {}): Snapshot => ({ token, time: at(5000), packets: { captured: 8, uploaded: 8, pending: 0, discarded: 0 }, completionTime: at(6000), ...overrides });

/** A recorder of one node that records. */
function recording(report: object = {}, overrides: Partial<World> = {}): { world: World; record: RunRecord } {
  const began = recordOf(planCapture(aWorld({ capture: recorder() })));
  const { world } = running();
  const pods = [anAgentPod(began)];
  const record = recordOf(planCapture({ ...world, record: began, capture: recorder(), pods, jobs: [] }));
  const report1 = () => aReport(record, { ledger: aLedger({ captured: 20, uploaded: 8, pending: 7, discarded: 5, released: 5 }, { captured: 4, uploaded: 1, pending: 2, discarded: 1 }), ...report });
  return { record, world: { ...world, record, capture: recorder(), pods, jobs: [], report: report1, ...overrides } };
}
const next = (world: World, overrides: Partial<World> = {}): Plan => planCapture({ ...world, ...overrides });
/** The world one turn later. */
const after = (world: World, overrides: Partial<World> = {}): World => ({ ...world, ...overrides, record: recordOf(planCapture({ ...world, ...overrides })) });

describe('a duration of 0s', () => {
  test('is no limit, and no cap is below it', () => {
    const { world } = recording();
    expect(next({ ...world, config: { ...world.config, maxDurationMs: 1000 } }).children.controls).toEqual(next(world).children.controls);
    expect(controlIn(next(world))).toMatchObject({ remainingMs: 0 });
  });

  test('may become one, and the other way round', () => {
    const { world } = recording();
    const limited = after(world, { capture: recorder(undefined, { generation: 2 }, { duration: '5m' }) });
    expect(controlIn(next(limited))).toMatchObject({ remainingMs: 300_000 });
    expect(controlIn(next(limited, { capture: recorder(undefined, { generation: 3 }) }))).toMatchObject({ remainingMs: 0 });
    expect(next(limited).record?.run.id).toBe(world.record?.run.id);
  });

  test('is refused for a run that delivers continuously, which goes on as it was', () => {
    const { world, record } = running();
    const plan = next(world, { capture: aCapture({ duration: '0s' }, { generation: 2 }), report: () => aReport(record) });
    expect(condition(plan, 'Stalled')).toMatchObject({ reason: 'InvalidSpec', message: expect.stringContaining('OnDemand') });
    expect(controlIn(plan)).toMatchObject({ remainingMs: 120_000, stop: null });
  });
});

describe('a snapshot', () => {
  test('is asked for until every node lists it, and then it is handled', () => {
    const { world } = recording();
    const asked = next(world, { capture: recorder('t1') });
    expect(controlIn(asked)).toMatchObject({ snapshot: { token: 't1' } });
    expect(asked.status?.handled).toEqual({});
    const made = next(world, { capture: recorder('t1'), report: () => aReport(world.record as RunRecord, { number: 2, snapshots: [taken('t1')] }) });
    expect(made.status).toMatchObject({ handled: { snapshot: 't1' }, snapshots: [{ token: 't1', time: at(5000), completionTime: at(6000), packets: { uploaded: 8 }, location: made.status?.run?.location }] });
    expect(controlIn(made)).toMatchObject({ snapshot: null });
  });

  test('whose annotation is applied again, or taken away, asks for nothing', () => {
    const made = after(recording().world, { capture: recorder('t1'), report: () => aReport(recording().record, { number: 2, snapshots: [taken('t1')] }) });
    expect(controlIn(next(made, { capture: recorder('t1', { generation: 2 }) }))).toMatchObject({ snapshot: null });
    expect(next(made, { capture: recorder() }).status).toMatchObject({ handled: { snapshot: 't1' }, snapshots: [{ token: 't1' }] });
    expect(controlIn(next(made, { capture: recorder('t2') }))).toMatchObject({ snapshot: { token: 't2' } });
  });

  test('that is older than its run is not made by it', () => {
    const plan = planCapture(aWorld({ capture: recorder('old') }));
    expect(recordOf(plan).handled).toEqual({ snapshot: 'old' });
    const record = recordOf(plan);
    expect(controlIn(planCapture(aWorld({ capture: recorder('old'), record, pods: [anAgentPod(record)] })))).toMatchObject({ snapshot: null });
  });

  test.each([
    ['suspended', { capture: recorder('t1', { generation: 2 }, { suspend: true }) }],
    ['over', { capture: recorder('t1'), report: () => aReport(recording().record, { done: true, ledger: aLedger({ captured: 5, uploaded: 5 }) }) }],
  ])('of a capture that is %s is handled without effect', (_what, overrides) => {
    const plan = next(recording().world, overrides);
    expect(plan.status?.handled).toEqual({ snapshot: 't1' });
    expect(plan.status?.snapshots).toBeUndefined();
    for (const { annotation } of plan.children.controls) expect(JSON.parse(annotation)).toMatchObject({ snapshot: null });
  });

  test.each([
    ['129 characters', 'x'.repeat(129), 'more than 128 characters'],
    ['a line break', 'a\nb', 'not printable'],
    ['a letter beyond ASCII', 'jetzt, bitte schön', 'not printable'],
  ])('with a token of %s asks for nothing, and that is said', (_what, token, words) => {
    const { world } = recording();
    const plan = next(world, { capture: recorder(token) });
    expect(controlIn(plan)).toMatchObject({ snapshot: null });
    expect(plan.status?.handled).toEqual({});
    expect(condition(plan, 'Accepted')).toMatchObject({ status: 'True', reason: 'InvalidSnapshotToken', message: expect.stringContaining(words) });
    expect(condition(plan, 'Ready')).toMatchObject({ status: 'True', reason: 'Capturing' });
  });

  test('is summed over the nodes, and complete with the last of them', () => {
    const { world, record } = recording();
    const two = after(world, { targetPods: [aPod({ metadata: { uid: 'bbbbbbbb-2' }, spec: { nodeName: 'node-b' } })] });
    const job = two.record?.run.nodes[1]?.jobName;
    const pods = [anAgentPod(record), anAgentPod(record, 'agent-2', { metadata: { labels: { 'job-name': job, 'packetcapture.dev/run-id': record.run.id } } })];
    const addressed = after(two, { pods, capture: recorder('t1') });
    const reports = (second: object) => (uid: string) => (uid === 'agent-1' ? aReport(record, { number: 2, snapshots: [taken('t1')] }) : aReport(record, { node: 'node-b', podUID: 'agent-2', spool: 'spool-b', ...second }));
    const one = next(addressed, { report: reports({}) }).status;
    expect([one?.handled, one?.snapshots?.[0]?.completionTime]).toEqual([{}, undefined]);
    const pending = next(addressed, { report: reports({ snapshots: [taken('t1', { completionTime: undefined, packets: { captured: 4, uploaded: 1, pending: 3, discarded: 0 } })] }) }).status;
    expect(pending).toMatchObject({ handled: { snapshot: 't1' }, snapshots: [{ packets: { captured: 12, uploaded: 9, pending: 3 } }] });
    expect(pending?.snapshots?.[0]?.completionTime).toBeUndefined();
    const both = next(addressed, { report: reports({ snapshots: [taken('t1', { time: at(5500), completionTime: at(9000) })] }) }).status;
    expect(both?.snapshots).toMatchObject([{ time: at(5000), completionTime: at(9000), packets: { captured: 16 } }]);
  });

  test('stays known where a later report has no room for it; the newest five are kept', () => {
    const { world, record } = recording();
    const six = Array.from({ length: 6 }, (_, n) => taken(`t${n}`, { time: at(n * 1000) }));
    const known = after(world, { report: () => aReport(record, { number: 2, snapshots: six.slice(0, 5) }) });
    const silent = after(known, { report: () => aReport(record, { number: 3 }) });
    expect(next(silent, { report: () => aReport(record, { number: 4, snapshots: six.slice(5) }) }).status?.snapshots?.map(({ token }) => token)).toEqual(['t5', 't4', 't3', 't2', 't1']);
  });

  test("of a spool that was lost says what it lost", () => {
    const { world, record } = recording();
    const half = after(world, { report: () => aReport(record, { number: 2, snapshots: [taken('t1', { completionTime: undefined, packets: { captured: 8, uploaded: 5, pending: 3, discarded: 0 } })] }) });
    const pods = [anAgentPod(record, 'agent-2')];
    const replaced = after(half, { pods });
    const plan = next(replaced, { pods, report: () => aReport(record, { podUID: 'agent-2', attempt: 2, spool: 'spool-2' }) });
    expect(plan.status?.snapshots).toMatchObject([{ token: 't1', packets: { captured: 8, uploaded: 5, pending: 0, discarded: 3 } }]);
  });
});

describe('what people read of a recorder', () => {
  const ringHolds = { captured: 20, pending: 15, discarded: 5, released: 5 };
  test.each([
    ['before anything was captured', { ledger: aLedger() }, 'Unknown', 'NothingToDeliver', 'nothing was asked for yet; the ring on the node holds 0 packets'],
    ['before its first snapshot', { ledger: aLedger(ringHolds, { captured: 3, pending: 3 }) }, 'Unknown', 'NothingToDeliver', 'the ring on the node holds 15 packets'],
    ['while a snapshot is on its way', { snapshots: [taken('t', { packets: { captured: 8, uploaded: 0, pending: 8, discarded: 0 } })] }, 'Unknown', 'Pending', '8 packets of a snapshot'],
    ['after a snapshot', { snapshots: [taken('t')] }, 'True', 'Delivered', '1 file in the bucket, read back; the ring on the node holds 7 packets'],
    ['while the bucket refuses', { delivery: { ok: false, reason: 'AccessDenied', httpStatus: 403 } }, 'False', 'AccessDenied', '(HTTP 403)'],
    ['at its end', { stopReason: 'Requested' }, 'Unknown', 'Pending', '2 still on the node'],
  ])('Delivered, %s', (_when, report, status, reason, words) => {
    expect(condition(next(recording(report).world), 'Delivered')).toMatchObject({ status, reason, message: expect.stringContaining(words) });
  });

  test('Ready says what the ring holds and when it was last emptied', () => {
    expect(condition(next(recording().world), 'Ready')?.message).toBe('records: tcpdump listens to 1 of 1 targets; the ring holds 7 packets; no snapshot yet');
    expect(condition(next(recording({ snapshots: [taken('t')] }).world), 'Ready')?.message).toContain(`last snapshot "t" at ${at(5000)}`);
  });

  test('what the ring let go is no loss, in sum and for each target', () => {
    const ledger = aLedger({ captured: 20, uploaded: 8, pending: 7, discarded: 5, released: 5 });
    const { world, record } = recording();
    const plan = next(world, { report: () => aReport(record, { ledger, targets: [aReportedTarget(record, { ledger })] }) });
    expect([plan.status?.packets?.lost, plan.status?.targets?.[0]?.packets?.lost]).toEqual([0, 0]);
    expect(condition(plan, 'LossDetected')).toMatchObject({ status: 'False', message: expect.stringContaining('let 5 packets go') });
  });

  test('a spool that is too small for the ring is loss, and the lever is the ring', () => {
    const plan = next(recording({ ledger: aLedger({ captured: 20, discarded: 20, released: 5 }), discards: { SpoolFull: 15 } }).world);
    expect(plan.status?.packets?.lost).toBe(15);
    expect(condition(plan, 'LossDetected')).toMatchObject({ status: 'True', reason: 'SpoolFull', message: expect.stringMatching(/raise spec\.spool\.maxSize, or lower spec\.ring\.files or spec\.ring\.fileSize/) });
  });

  test('a continuous capture that has nothing to deliver yet does not claim that it did', () => {
    const { world, record } = running();
    expect(condition(next(world, { report: () => aReport(record) }), 'Delivered')).toMatchObject({ status: 'Unknown', reason: 'NothingToDeliver' });
    expect(condition(next(world, { report: () => aReport(record, { done: true }) }), 'Delivered')).toMatchObject({ status: 'True', reason: 'Delivered', message: expect.stringContaining('no packet was captured') });
  });
});

describe('how often a run is looked at', () => {
  const later = NOW + 120_000;
  test.each([
    ['a recorder in its first minute', () => next(recording().world), 1000, true],
    ['a recorder later on', () => next(recording().world, { now: later }), 5000, true],
    ['a recorder that is asked for a snapshot', () => next(recording().world, { now: later, capture: recorder('t1') }), 1000, false],
    ['a recorder that ends', () => next(recording({ phase: 'Draining', stopReason: 'MaxPackets' }).world, { now: later }), 1000, false],
    ['a capture whose tcpdump has just ended', () => next(running().world, { now: NOW + 125_000, report: () => aReport(running().record, { phase: 'Draining', stopReason: 'Duration', stopTime: at(120_000) }) }), 250, false],
    ['the same on a node whose clock is ahead', () => next(running().world, { now: NOW + 125_000, report: () => aReport(running().record, { phase: 'Draining', stopReason: 'Duration', stopTime: at(130_000) }) }), 250, false],
    ['one that has been uploading for a while', () => next(running().world, { now: NOW + 135_000, report: () => aReport(running().record, { phase: 'Draining', stopReason: 'Duration', stopTime: at(120_000) }) }), 1000, false],
    ['one that is told to stop', () => next(running().world, { now: NOW + 60_000, capture: aCapture({}, { annotations: { 'packetcapture.dev/stop': running().record.run.id } }), report: () => aReport(running().record) }), 250, false],
    ['a continuous capture', () => next(running().world, { now: NOW + 110_000, report: () => aReport(running().record) }), 1000, true],
    ['one whose agent has not said yet that it captures', () => next(running().world, { report: () => undefined }), 1000, false],
  ])('%s', (_what, plan, ms, isForNumbers) => {
    expect(plan()).toMatchObject({ lookAgainMs: ms });
    expect(plan().forNumbers).toBe(isForNumbers || undefined);
  });
});

describe('of a deleted capture', () => {
  const orphan = (): World => {
    const { record, world } = running();
    const { capture: _gone, ...rest } = { ...world, report: () => aReport(record, { done: true, ledger: aLedger({ captured: 1, uploaded: 1 }) }) };
    return { ...rest, record: recordOf(planCapture(rest)), jobs: [] };
  };

  test.each([
    ['ended', { status: { phase: 'Succeeded' } }, true],
    ['is being deleted', { metadata: { deletionTimestamp: at(0) } }, true],
    ['might still run', { status: { phase: 'Running' } }, false],
  ])('a pod without its Job that %s', (_what, overrides, forget) => {
    const world = orphan();
    const plan = planCapture({ ...world, pods: [anAgentPod(world.record as RunRecord, 'agent-1', overrides)] });
    expect(plan.forget).toBe(forget);
    expect(plan.lookAgainMs).toBeUndefined();
  });
});
