import { describe, expect, test } from '@jest/globals';
import { planCapture, type Plan } from '../../../src/plan/plan.js';
import type { RunRecord } from '../../../src/plan/record.js';
import type { World } from '../../../src/plan/world.js';
import { aCapture, aJob, aLedger, anAgentPod, aReport, aReportedTarget, aWorld, at, condition, controlIn, NOW, recordOf, running } from './builders.js';

const capturing = (record: RunRecord, overrides = {}) => aReport(record, { ledger: aLedger({ captured: 10, uploaded: 4, pending: 6 }), ...overrides });
const quiet = (record: RunRecord, overrides = {}) => capturing(record, { number: 2, phase: 'Suspended', stopReason: 'Suspended', stopTime: at(11_000), ledger: aLedger({ captured: 10, uploaded: 10 }), targets: [aReportedTarget(record, { state: 'Pending' })], ...overrides });
const suspendSpec = (suspend: boolean, metadata: object = {}, spec: object = {}) => aCapture({ suspend, ...spec }, { generation: 2, ...metadata });

/** A run that captures since 1 s, and is suspended since 10 s. */
function suspended(overrides: Partial<World> = {}): { world: World; record: RunRecord; plan: Plan } {
  const { record, world } = running();
  const heard = recordOf(planCapture({ ...world, report: () => capturing(record) }));
  const asked = recordOf(planCapture({ ...world, record: heard, capture: suspendSpec(true), now: NOW + 10_000, report: () => capturing(record) }));
  const now = { ...world, record: asked, capture: suspendSpec(true), now: NOW + 12_000, report: () => quiet(record), ...overrides };
  return { world: now, record: asked, plan: planCapture(now) };
}

describe('a capture that is suspended', () => {
  test('asks the agent at once, and says that it captures as long as the agent does', () => {
    const { record, world } = running();
    const plan = planCapture({ ...world, capture: suspendSpec(true), report: () => capturing(record) });
    expect(controlIn(plan)).toMatchObject({ suspend: true, stop: null });
    expect(plan.status?.phase).toBe('Capturing');
  });

  test('still captures while what had arrived at the suspension is on its way into the files', () => {
    const { world, record } = suspended();
    const draining = planCapture({ ...world, report: () => quiet(record, { phase: 'Draining', ledger: aLedger({ captured: 10, uploaded: 4, pending: 6 }) }) });
    expect(draining.status?.phase).toBe('Capturing');
    expect(condition(draining, 'Capturing')).toMatchObject({ status: 'True', message: expect.stringContaining('it is being suspended') });
    const halted = planCapture({ ...world, record: recordOf(draining), report: () => quiet(record, { number: 3, ledger: aLedger({ captured: 12, uploaded: 4, pending: 8 }) }) });
    expect(halted.status).toMatchObject({ phase: 'Suspended', packets: { captured: 12 } });
  });

  test('is the same run, Ready and not capturing, with the reason in every place that people look at', () => {
    const { plan, record } = suspended();
    expect(recordOf(plan).run.id).toBe(record.run.id);
    expect(plan.status).toMatchObject({ phase: 'Suspended', run: { stopReason: 'Suspended' }, packets: { captured: 10, uploaded: 10 } });
    expect(plan.status?.run?.stopTime).toBeUndefined();
    expect(condition(plan, 'Ready')).toMatchObject({ status: 'True', reason: 'Suspended' });
    expect(condition(plan, 'Capturing')).toMatchObject({ status: 'False', reason: 'Suspended' });
    expect(condition(plan, 'Finished')?.status).toBe('False');
    expect([condition(plan, 'Stalled'), condition(plan, 'Reconciling')]).toEqual([undefined, undefined]);
    expect(plan.finalizer).toBe('present');
  });

  test('goes on as the same run when it is resumed', () => {
    const { world, record } = suspended();
    const plan = planCapture({ ...world, capture: suspendSpec(false, { generation: 3 }), now: NOW + 70_000, report: () => capturing(record, { number: 3 }) });
    expect(recordOf(plan).run).toMatchObject({ id: record.run.id, suspended: { totalMs: 60_000, until: at(70_000) } });
    expect(controlIn(plan)).toMatchObject({ suspend: false, remainingMs: 120_000 });
    expect(plan.status).toMatchObject({ phase: 'Capturing' });
    expect(plan.status?.run?.stopReason).toBeUndefined();
  });

  test.each([
    ['still suspended', true, 10_000 - 1000],
    ['resumed long ago', false, 9000 + 30_000],
  ])("a later attempt is not charged for the time, %s", (_when, suspend, usedMs) => {
    const { world, record } = suspended();
    const resumed = recordOf(planCapture({ ...world, ...(!suspend && { capture: suspendSpec(false, { generation: 3 }), now: NOW + 70_000 }) }));
    const plan = planCapture({ ...world, record: resumed, capture: suspendSpec(suspend, { generation: 3 }), now: NOW + 100_000, pods: [anAgentPod(record, 'agent-2')], report: () => undefined });
    expect(recordOf(plan).run.nodes[0]?.addressed).toMatchObject({ attempt: 2, usedMs });
    expect(controlIn(plan)).toMatchObject({ suspend, remainingMs: 120_000 - usedMs });
  });

  test('before its first tcpdump listened has used nothing', () => {
    const { world } = running();
    const early = recordOf(planCapture({ ...world, capture: suspendSpec(true), now: NOW + 500 }));
    const plan = planCapture({ ...world, record: early, capture: suspendSpec(false, { generation: 3 }), now: NOW + 60_000 });
    expect(recordOf(plan).run.suspended).toMatchObject({ totalMs: 0 });
  });

  test.each([
    ['the stop annotation', (id: string) => suspendSpec(true, { annotations: { 'packetcapture.dev/stop': id } }), 'Requested'],
    ['deletion', () => suspendSpec(true, { deletionTimestamp: at(0), finalizers: ['packetcapture.dev/drain'] }), 'Deleted'],
    ['an edit that asks for another run', () => suspendSpec(true, { generation: 3 }, { filter: 'udp' }), 'Superseded'],
  ])('is ended by %s', (_what, capture, reason) => {
    const { world, record } = suspended();
    const plan = planCapture({ ...world, capture: capture(record.run.id) });
    expect(controlIn(plan)).toMatchObject({ suspend: true, stop: { reason } });
    expect(plan.status?.phase).toBe('Uploading');
    expect(recordOf(plan).run.id).toBe(record.run.id);
  });

  test('takes other live edits', () => {
    const { world } = suspended();
    expect(controlIn(planCapture({ ...world, capture: suspendSpec(true, { generation: 3 }, { duration: '10m', maxPackets: 5 }) }))).toMatchObject({ suspend: true, remainingMs: 600_000, limits: { maxPackets: 5 } });
  });

  test('waits for no pod of the name; resumed, it waits as long as any run', () => {
    const { world } = suspended();
    const gone = recordOf(planCapture({ ...world, targetPods: [] }));
    const later = { ...world, record: gone, targetPods: [], now: NOW + 600_000 };
    expect(recordOf(planCapture(later)).run.stop).toBeUndefined();
    const resumed = recordOf(planCapture({ ...later, capture: suspendSpec(false, { generation: 3 }) }));
    expect(resumed.run.stop).toBeUndefined();
    const stopAfter = (ms: number) => recordOf(planCapture({ ...later, record: resumed, capture: suspendSpec(false, { generation: 3 }), now: NOW + 600_000 + ms })).run.stop?.reason;
    expect([stopAfter(59_000), stopAfter(60_000)]).toEqual([undefined, 'TargetGone']);
  });

  test('a spec that nobody could run resumes nothing', () => {
    const { world } = suspended();
    expect(controlIn(planCapture({ ...world, capture: suspendSpec(false, { generation: 3 }, { ring: { files: 5 } }) }))).toMatchObject({ suspend: true });
  });

  test('an agent that does not know the word is said to capture on', () => {
    const { world, record } = suspended();
    const plan = planCapture({ ...world, now: NOW + 60_000, report: () => capturing(record) });
    expect(condition(plan, 'Capturing')).toMatchObject({ status: 'True', message: expect.stringContaining('it is being suspended') });
  });
});

describe('a capture that is made suspended', () => {
  test.each([
    ['with its pod there', aWorld({ capture: suspendSpec(true) })],
    ['without its pod', aWorld({ capture: suspendSpec(true), targetPods: [] })],
    ['without a destination', aWorld({ capture: suspendSpec(true), destinations: [] })],
  ])('begins nothing, %s', (_what, world) => {
    const plan = planCapture(world);
    expect(plan.record).toBeUndefined();
    expect(plan.children).toMatchObject({ createJobs: [], secrets: [] });
    expect(plan).toMatchObject({ finalizer: 'absent', status: { phase: 'Suspended' } });
    expect(plan.lookAgainMs).toBeUndefined();
    expect(condition(plan, 'Ready')).toMatchObject({ status: 'True', reason: 'Suspended' });
    expect(condition(plan, 'Reconciling')).toBeUndefined();
  });

  test('begins when it is resumed', () => {
    expect(planCapture(aWorld({ capture: suspendSpec(false) })).children.createJobs).toHaveLength(1);
  });

  test('is refused all the same where its spec is wrong', () => {
    expect(condition(planCapture(aWorld({ capture: suspendSpec(true, {}, { ring: { files: 5 } }) })), 'Stalled')).toMatchObject({ reason: 'InvalidSpec' });
  });
});

describe('a run that is over', () => {
  const over = (spec: object = {}) => {
    const { record, world } = running();
    const finished = recordOf(planCapture({ ...world, report: () => capturing(record, { done: true, phase: 'Done', stopReason: 'Duration', ledger: aLedger({ captured: 10, uploaded: 10 }, { captured: 1, uploaded: 1 }) }) }));
    return planCapture({ ...world, record: finished, jobs: [aJob(finished)], capture: suspendSpec(true, {}, spec) });
  };

  test('is not touched by a suspension', () => {
    expect(over().status).toMatchObject({ phase: 'Complete', run: { stopReason: 'Duration' } });
    expect(over().record?.run.suspended).toBeUndefined();
  });

  test('has no successor while the spec that asks for it is suspended', () => {
    const plan = over({ runToken: '2' });
    expect(plan.children.createJobs).toEqual([]);
    expect(plan.status).toMatchObject({ phase: 'Suspended', previousRuns: [{ stopReason: 'Duration' }] });
  });
});

test('gaps that a suspension made are shown, and are no loss', () => {
  const { record, world } = running();
  const gaps = (count: number, seconds: number) => ({ ledger: aLedger({ captured: 10, uploaded: 10 }), gaps: { count, seconds, suspended: { count: 2, seconds: 30 } } });
  const asked = planCapture({ ...world, report: () => capturing(record, gaps(2, 30)) });
  expect(asked.status?.gaps).toEqual({ count: 2, seconds: 30, suspendedSeconds: 30 });
  expect(condition(asked, 'LossDetected')).toMatchObject({ status: 'False', message: expect.stringContaining('suspended for 30.0 s') });
  const more = planCapture({ ...world, report: () => capturing(record, gaps(3, 32.5)) });
  expect(condition(more, 'LossDetected')).toMatchObject({ status: 'True', reason: 'Gap', message: expect.stringMatching(/^a gap of 2\.5 s .*suspended for 30\.0 s/) });
});
