import { describe, expect, test } from '@jest/globals';
import type { PodObject } from '../../../src/plan/objects.js';
import { planCapture } from '../../../src/plan/plan.js';
import type { RunRecord } from '../../../src/plan/record.js';
import { aCapture, aJob, aLedger, anAgentPod, aPod, aReport, aReportedTarget, aWorld, at, condition, controlIn, NOW, recordOf, running, UID } from './builders.js';

const capturing = (record: RunRecord, overrides = {}) => aReport(record, { ledger: aLedger({ captured: 10, uploaded: 4, pending: 6 }), ...overrides });
const done = (record: RunRecord, overrides = {}) =>
  aReport(record, { number: 9, phase: 'Done', done: true, stopReason: 'Duration', stopTime: at(121_000), ledger: aLedger({ captured: 10, uploaded: 10 }, { captured: 2, uploaded: 2 }), targets: [aReportedTarget(record, { state: 'Ended', stopReason: 'Duration' })], ...overrides });

describe('addressing', () => {
  test('the first pod of the Job is addressed as attempt 1, by its UID', () => {
    const { record, plan } = running();
    expect(record.run.nodes[0]?.addressed).toMatchObject({ attempt: 1, podUID: 'agent-1', usedMs: 0 });
    expect(controlIn(plan)).toMatchObject({ podUID: 'agent-1', attempt: 1, remainingMs: 120_000, stop: null, targets: [{ name: 'web-0_aaaaaaaa', gone: false }] });
  });

  const terminating = (record: RunRecord, ...states: object[]): PodObject =>
    anAgentPod(record, 'agent-1', { metadata: { deletionTimestamp: at(0) }, status: { containerStatuses: states.map((state) => ({ name: 'agent', state })) } });

  test.each([
    ['is still terminating', (record: RunRecord) => anAgentPod(record, 'agent-1', { metadata: { deletionTimestamp: at(0) } })],
    ['is terminating, and a container runs', (record: RunRecord) => terminating(record, { terminated: { exitCode: 1 } }, { running: {} })],
    ['is terminating, and its kubelet has lost a container', (record: RunRecord) => terminating(record, { terminated: { exitCode: 137, reason: 'ContainerStatusUnknown' } })],
    ['has ended and will be started again', (record: RunRecord) => anAgentPod(record, 'agent-1', { status: { containerStatuses: [{ name: 'agent', state: { terminated: { exitCode: 1 } } }] } })],
  ])('a replacement waits as long as its predecessor %s', (_when, predecessor) => {
    const { record, world } = running();
    const pods = [predecessor(record), anAgentPod(record, 'agent-2')];
    expect(recordOf(planCapture({ ...world, pods })).run.nodes[0]?.addressed?.podUID).toBe('agent-1');
  });

  test.each([
    ['is gone', (record: RunRecord) => [anAgentPod(record, 'agent-2')]],
    ['is terminating, and all its containers have ended', (record: RunRecord) => [terminating(record, { terminated: { exitCode: 1 } }), anAgentPod(record, 'agent-2')]],
    ['is terminal', (record: RunRecord) => [anAgentPod(record, 'agent-1', { status: { phase: 'Failed' } }), anAgentPod(record, 'agent-2')]],
  ])('once its predecessor %s the replacement is the next attempt, with what is left of the duration', (_when, podsFor) => {
    const { record, world } = running();
    const after = planCapture({ ...world, now: NOW + 31_000, pods: podsFor(record), report: (uid) => (uid === 'agent-1' ? capturing(record) : undefined) });
    expect(recordOf(after).run.nodes[0]?.addressed).toMatchObject({ attempt: 2, podUID: 'agent-2', usedMs: 30_000 });
    expect(controlIn(after)).toMatchObject({ attempt: 2, remainingMs: 90_000 });
  });
});

describe('phases', () => {
  test('capturing once an agent says that tcpdump listens', () => {
    const { record, world } = running();
    const plan = planCapture({ ...world, report: () => capturing(record) });
    expect(plan.status).toMatchObject({ phase: 'Capturing', packets: { captured: 10, uploaded: 4, pending: 6 } });
    expect(condition(plan, 'Ready')).toMatchObject({ status: 'True', reason: 'Capturing' });
  });

  test('uploading once capturing is over', () => {
    const { record, world } = running();
    const plan = planCapture({ ...world, report: () => capturing(record, { phase: 'Draining', stopReason: 'Duration', stopTime: at(9), targets: [aReportedTarget(record, { state: 'Draining' })] }) });
    expect(plan.status?.phase).toBe('Uploading');
    expect(condition(plan, 'Ready')).toMatchObject({ status: 'True', reason: 'Uploading' });
    expect(plan.finalizer).toBe('present');
  });

  test('complete when everything that was captured is in the bucket', () => {
    const { record, world } = running();
    const plan = planCapture({ ...world, report: () => done(record) });
    expect(plan.status).toMatchObject({ phase: 'Complete', run: { stopReason: 'Duration', location: `s3://captures/clusters/prod/shop/web-resets/${record.run.id}/` } });
    expect(condition(plan, 'Complete')).toMatchObject({ status: 'True', reason: 'AllTargets' });
    expect(condition(plan, 'Finished')?.status).toBe('True');
    expect(condition(plan, 'LossDetected')?.status).toBe('False');
    expect(plan.finalizer).toBe('absent');
  });

  test('complete with loss is Ready, and the lever is named', () => {
    const { record, world } = running();
    const plan = planCapture({ ...world, report: () => done(record, { ledger: aLedger({ captured: 10, uploaded: 7, discarded: 3, droppedByKernel: 5 }), discards: { RingOverwrote: 3 } }) });
    expect(condition(plan, 'Ready')).toMatchObject({ status: 'True', reason: 'CompleteWithLoss' });
    expect(condition(plan, 'LossDetected')).toMatchObject({ status: 'True', reason: 'SeveralCauses' });
    expect(condition(plan, 'LossDetected')?.message).toMatch(/3 packets discarded.*spec\.ring\.files.*at most 5 packets dropped by the kernel.*spec\.bufferSize/);
    expect(plan.status?.packets?.lost).toBe(8);
  });

  test.each([
    ['packets are still pending', { ledger: aLedger({ captured: 10, uploaded: 9, pending: 1 }) }, 'UploadIncomplete'],
    ['packets were given up after the stop', { ledger: aLedger({ captured: 10, uploaded: 9, discarded: 1 }), discards: { DrainExpired: 1 } }, 'UploadIncomplete'],
    ['no target could be captured', { captureStartTime: undefined, targets: [{ name: 'web-0_aaaaaaaa', state: 'Failed', reason: 'InterfaceNotFound', message: 'no eth7', ledger: aLedger() }] }, 'InterfaceNotFound'],
  ])('failed when %s', (_when, overrides, reason) => {
    const { record, world } = running();
    const plan = planCapture({ ...world, report: () => done(record, overrides) });
    expect(condition(plan, 'Failed')).toMatchObject({ status: 'True', reason });
    expect(condition(plan, 'Complete')?.status).toBe('False');
    expect(condition(plan, 'Stalled')).toMatchObject({ status: 'True', reason });
  });

  test('a filter that only fails in the network namespace makes the spec unaccepted, in the words of tcpdump', () => {
    const { record, world } = running();
    const failed = { name: 'web-0_aaaaaaaa', state: 'Failed', reason: 'InvalidFilter', message: 'no VLAN support for Linux cooked v2', ledger: aLedger() };
    const plan = planCapture({ ...world, report: () => done(record, { captureStartTime: undefined, targets: [failed] }) });
    expect(condition(plan, 'Accepted')).toMatchObject({ status: 'False', reason: 'InvalidFilter', message: 'no VLAN support for Linux cooked v2' });
  });

  test('an agent that exited with 0 is done, also where its last report was not read', () => {
    const { record, world } = running();
    const pods = [anAgentPod(record, 'agent-1', { status: { phase: 'Succeeded' } })];
    const report = done(record, { done: false });
    expect(planCapture({ ...world, pods, report: () => report }).status?.phase).toBe('Complete');
  });
});

describe('an agent that ended well, of which no word can be read', () => {
  const finishedAt = at(300_000);
  const ended = (uid = 'agent-1') => (record: RunRecord) => [anAgentPod(record, uid, { status: { phase: 'Succeeded', containerStatuses: [{ name: 'agent', state: { terminated: { exitCode: 0, finishedAt } } }] } })];
  const succeeded = (record: RunRecord) => [{ ...aJob(record), status: { succeeded: 1, completionTime: finishedAt } }];
  const replaced = () => {
    const { record, world } = running();
    const heard = recordOf(planCapture({ ...world, report: () => capturing(record) }));
    return { ...world, record: recordOf(planCapture({ ...world, record: heard, pods: [anAgentPod(record, 'agent-2')] })) };
  };
  test.each([
    ['at all', running().world, ended(), aJob],
    ['at all, and whose pod was collected', running().world, () => [], undefined],
    ['after its predecessor was heard', replaced(), ended('agent-2'), aJob],
  ])('%s, is asked for a while and then done, and the run says so', (_what, world, pods, job) => {
    const record = world.record as RunRecord;
    const late = { ...world, pods: pods(record), jobs: job ? [job(record)] : succeeded(record), report: () => undefined };
    expect(recordOf(planCapture({ ...late, now: Date.parse(finishedAt) + 59_000 })).run.result).toBeUndefined();
    const plan = planCapture({ ...late, now: Date.parse(finishedAt) + 60_000 });
    expect(condition(plan, 'Finished')).toMatchObject({ status: 'True' });
    expect(plan.status?.targets?.[0]).toMatchObject({ reason: 'ReportLost', message: expect.stringContaining('manifest of attempt') });
  });
});

describe('an agent that nobody hears', () => {
  const container = (state: object) => ({ status: { containerStatuses: [{ name: 'agent', state }] } });

  test('captures on where its log can not be read', () => {
    const { record, world } = running();
    const plan = planCapture({ ...world, now: NOW + 180_000, pods: [anAgentPod(record, 'agent-1', container({ running: {} }))] });
    expect(recordOf(plan).run.nodes[0]?.failure).toBeUndefined();
    expect(plan.children.deleteJobs).toEqual([]);
  });

  test('is done when its Job has succeeded, also where the pod was collected before it was looked at', () => {
    const { record, world } = running();
    const heard = recordOf(planCapture({ ...world, report: () => done(record, { done: false }) }));
    const plan = planCapture({ ...world, record: heard, pods: [], jobs: [{ ...aJob(record), status: { succeeded: 1 } }] });
    expect(plan.status?.phase).toBe('Complete');
  });
});

test('an operator that was away since it wrote the record still starts the run', () => {
  const record = recordOf(planCapture(aWorld()));
  const plan = planCapture(aWorld({ record, now: NOW + 600_000 }));
  expect(plan.children.createJobs).toHaveLength(1);
  expect(plan.status?.phase).toBe('Starting');
  const created = { ...aJob(record), metadata: { ...aJob(record).metadata, creationTimestamp: at(600_000) } };
  expect(planCapture(aWorld({ record: recordOf(plan), now: NOW + 610_000, jobs: [created] })).status?.phase).toBe('Starting');
  expect(planCapture(aWorld({ record: recordOf(plan), now: NOW + 720_000, jobs: [created] })).status?.phase).toBe('Failed');
});

describe('finished stays finished', () => {
  const finished = (overrides = {}) => {
    const { record, world } = running();
    return { world: { ...world, record: recordOf(planCapture({ ...world, report: () => done(record) })), ...overrides }, id: record.run.id };
  };

  test.each([
    ['after the status was edited away', {}],
    ['after Jobs and pods were collected', { jobs: [], pods: [] }],
    ['after another spelling was applied', { capture: aCapture({ ring: { fileSize: 10_000_000, rotateInterval: '0.5m' } }, { generation: 5 }) }],
    ['after the duration was edited', { capture: aCapture({ duration: '10m' }, { generation: 5 }) }],
    ['while the cache still has an older spec', { capture: aCapture({ filter: 'udp' }, { generation: 1 }) }],
    ['after the target was re-created', { targetPods: [aPod({ metadata: { uid: 'bbbbbbbb' } })] }],
  ])('%s', (_when, overrides) => {
    const { world, id } = finished(overrides);
    const plan = planCapture({ ...world, now: NOW + 3_600_000 });
    expect(plan.record?.run.id).toBe(id);
    expect(plan.children.createJobs).toEqual([]);
    expect(plan.status?.phase).toBe('Complete');
  });

  test('a new runToken runs again, under another id, and remembers the former run', () => {
    const { world, id } = finished({ capture: aCapture({ runToken: '2' }, { generation: 2 }) });
    const plan = planCapture({ ...world, now: NOW + 300_000 });
    expect(plan.record?.run).toMatchObject({ number: 2 });
    expect(plan.record?.run.id).not.toBe(id);
    expect(plan.status?.previousRuns).toMatchObject([{ id, stopReason: 'Duration', packets: { uploaded: 10 } }]);
  });

  test('Job and Secret go once their time is over, and the record says so when they are gone', () => {
    const { world } = finished();
    expect(planCapture(world).children.deleteJobs).toEqual([]);
    const later = { ...world, now: NOW + world.config.finishedJobTTLMs };
    expect(planCapture(later).children.deleteJobs.map((job) => job.metadata.name)).toEqual([world.record.run.nodes[0]?.jobName]);
    expect(recordOf(planCapture({ ...later, jobs: [], pods: [] })).run.collected).toBe(true);
  });
});

describe('stopping', () => {
  test('the stop annotation ends the run that it names, for good', () => {
    const { record, world } = running();
    const capture = aCapture({}, { annotations: { 'packetcapture.dev/stop': record.run.id } });
    const plan = planCapture({ ...world, capture, report: () => capturing(record) });
    expect(controlIn(plan)).toMatchObject({ stop: { reason: 'Requested' } });
    expect(plan.status?.handled).toEqual({ stop: record.run.id });
    expect(controlIn(planCapture({ ...world, record: recordOf(plan), report: () => capturing(record) }))).toMatchObject({ stop: { reason: 'Requested' } });
  });

  test('a stop annotation of another run does nothing', () => {
    const { record, world } = running();
    const plan = planCapture({ ...world, capture: aCapture({}, { annotations: { 'packetcapture.dev/stop': '20200101T000000Z-000000' } }), report: () => capturing(record) });
    expect(recordOf(plan).run.stop).toBeUndefined();
  });

  test('a deleted object keeps its finalizer until the packets are delivered, at most a minute', () => {
    const { record, world } = running();
    const capture = aCapture({}, { deletionTimestamp: at(0), finalizers: ['packetcapture.dev/drain'] });
    const draining = { ...world, capture, report: () => capturing(record) };
    expect(planCapture(draining)).toMatchObject({ finalizer: 'as it is' });
    expect(controlIn(planCapture(draining))).toMatchObject({ stop: { reason: 'Deleted' } });
    expect(planCapture({ ...draining, now: NOW + 60_000 }).finalizer).toBe('absent');
    expect(planCapture({ ...draining, report: () => done(record) }).finalizer).toBe('absent');
  });

  test('runs of an object that is gone are stopped, collected, and then forgotten', () => {
    const { record, world } = running();
    const { capture: _gone, ...orphan } = world;
    const stopping = planCapture({ ...orphan, report: () => capturing(record) });
    expect(controlIn(stopping)).toMatchObject({ stop: { reason: 'Deleted' } });
    const over = planCapture({ ...orphan, report: () => done(record) });
    expect(over.children.deleteJobs).toHaveLength(1);
    expect(over.forget).toBe(false);
    expect(planCapture({ ...orphan, record: recordOf(over), jobs: [], pods: [] }).forget).toBe(true);
  });

  test('a run whose target is gone waits for a new pod of the name, then stops', () => {
    const { record, world } = running();
    const gone = planCapture({ ...world, targetPods: [], report: () => capturing(record) });
    expect(controlIn(gone)).toMatchObject({ stop: null, targets: [{ gone: true }] });
    const later = { ...world, record: recordOf(gone), now: NOW + 60_000, targetPods: [], report: () => capturing(record) };
    expect(controlIn(planCapture(later))).toMatchObject({ stop: { reason: 'TargetGone' } });
  });

  test('a new pod of the name is a new target of the same run', () => {
    const { record, world } = running();
    const plan = planCapture({ ...world, targetPods: [aPod({ metadata: { uid: 'bbbbbbbb-2' }, spec: { nodeName: 'node-b' } })], report: () => capturing(record) });
    expect(recordOf(plan).run.id).toBe(record.run.id);
    expect(recordOf(plan).run.targets.map((t) => [t.name, t.node, t.goneTime !== undefined])).toEqual([['web-0_aaaaaaaa', 'node-a', true], ['web-0_bbbbbbbb', 'node-b', false]]);
    expect(plan.children.createJobs).toHaveLength(1);
  });

  test('an edit of the filter supersedes the run; the new one has a prefix of its own and begins beside it', () => {
    const { record, world } = running();
    const plan = planCapture({ ...world, capture: aCapture({ filter: 'udp' }, { generation: 2 }), now: NOW + 5000, report: () => capturing(record) });
    expect(plan.record).toMatchObject({ run: { number: 2 }, draining: { id: record.run.id, stop: { reason: 'Superseded' } } });
    expect(plan.status?.previousRuns).toMatchObject([{ id: record.run.id, packets: { pending: 6 } }]);
  });

  test('a newer edit waits while one run still delivers', () => {
    const { record, world } = running();
    const once = recordOf(planCapture({ ...world, capture: aCapture({ filter: 'udp' }, { generation: 2 }), report: () => capturing(record) }));
    const twice = recordOf(planCapture({ ...world, record: once, capture: aCapture({ filter: 'icmp' }, { generation: 3 }), report: () => capturing(record) }));
    expect([twice.run.number, twice.run.stop]).toEqual([2, undefined]);
  });

  test('the duration may be edited while the run lasts', () => {
    const { record, world } = running();
    const plan = planCapture({ ...world, capture: aCapture({ duration: '10m', maxPackets: 50 }), report: () => capturing(record) });
    expect(controlIn(plan)).toMatchObject({ remainingMs: 600_000, limits: { maxPackets: 50 } });
    expect(recordOf(plan).run.id).toBe(record.run.id);
  });
});

describe('an edit that nobody could run', () => {
  const longer = () => {
    const { record, world } = running();
    const edited = planCapture({ ...world, capture: aCapture({ duration: '1h' }, { generation: 2 }), report: () => capturing(record) });
    return { ...world, record: recordOf(edited), report: () => capturing(record) };
  };
  const remaining = (world: Parameters<typeof planCapture>[0]) => (controlIn(planCapture(world)) as { remainingMs: number }).remainingMs;

  test('of the duration, beyond the cap, does not reach the agent', () => {
    expect(remaining({ ...longer(), capture: aCapture({ duration: '10000h' }, { generation: 3 }) })).toBe(3_600_000);
  });

  test('does not take an earlier edit of the duration back', () => {
    expect(remaining({ ...longer(), capture: aCapture({ duration: '1h', ring: { files: 5 } }, { generation: 3 }) })).toBe(3_600_000);
  });

  test('a deleted object keeps the limits that it had', () => {
    expect(remaining({ ...longer(), capture: aCapture({ duration: '1h' }, { generation: 2, deletionTimestamp: at(0), finalizers: ['packetcapture.dev/drain'] }) })).toBe(3_600_000);
  });
});

describe('a target that is replaced on another node', () => {
  const moved = () => {
    const { record, world } = running();
    const targetPods = [aPod({ metadata: { uid: 'bbbbbbbb-2' }, spec: { nodeName: 'node-b' } })];
    const silent = (overrides = {}) => aReport(record, { captureStartTime: undefined, targets: [aReportedTarget(record, { state: 'Pending' })], ...overrides });
    const two = recordOf(planCapture({ ...world, targetPods, report: () => silent() }));
    const pods = [anAgentPod(record), anAgentPod(record, 'agent-2', { metadata: { labels: { 'job-name': two.run.nodes[1]?.jobName, 'packetcapture.dev/run-id': record.run.id } } })];
    return { world: { ...world, record: two, targetPods, pods }, silent };
  };

  test('before its agent ever listened, does not keep the run from ending with the other node', () => {
    const { world, silent } = moved();
    const second = recordOf(planCapture(world));
    const report = (uid: string) => (uid === 'agent-1' ? silent() : done(second, { node: 'node-b', podUID: uid }));
    const plan = planCapture({ ...world, record: second, report });
    expect(controlIn(plan)).toMatchObject({ podUID: 'agent-1', stop: { reason: 'Duration' } });
  });

  test('does not end the run before the other node does', () => {
    const { world, silent } = moved();
    expect(recordOf(planCapture({ ...world, report: (uid) => (uid === 'agent-1' ? silent() : undefined) })).run.stop).toBeUndefined();
  });
});

test('a name that many pods take one after the other leaves the newest twenty', () => {
  const { world, record } = running();
  let last = record;
  for (let n = 0; n < 50; n += 1) last = recordOf(planCapture({ ...world, record: last, targetPods: [aPod({ metadata: { uid: `${10_000_000 + n}` } })] }));
  expect(last.run.targets).toHaveLength(21);
  expect(last.run.targets.at(-1)).toMatchObject({ podUID: '10000049' });
});

test('an object that somebody else keeps from going says that it is being deleted', () => {
  const plan = planCapture(aWorld({ capture: aCapture({}, { deletionTimestamp: at(0), finalizers: ['foregroundDeletion'] }) }));
  expect(plan.children.createJobs).toEqual([]);
  expect(condition(plan, 'Ready')).toMatchObject({ status: 'False', reason: 'Deleting' });
});

describe('a capture pod that does not start', () => {
  const starting = (podStatus: object, overrides = {}) => {
    const { record, world } = running();
    return { ...world, pods: [anAgentPod(record, 'agent-1', { status: { phase: 'Pending', ...podStatus } })], ...overrides };
  };
  const waitingState = (reason: string, message: string) => ({ containerStatuses: [{ name: 'agent', state: { waiting: { reason, message } } }] });

  test.each([
    ['Unschedulable', { conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/2 nodes are available: Insufficient cpu.' }] }, 'Insufficient cpu'],
    ['ImagePullFailed', waitingState('ErrImagePull', 'manifest unknown'), 'manifest unknown'],
    ['CapturePodNotStarted', waitingState('CreateContainerConfigError', 'secret not found'), 'secret not found'],
    ['AgentFailed', { containerStatuses: [{ name: 'agent', state: {}, lastState: { terminated: { exitCode: 78, reason: 'Error', message: 'one line\nPACKETCAPTURE_JOB: missing\n' } } }] }, 'exited with 78 (Error) before it captured; its last words: PACKETCAPTURE_JOB: missing'],
  ])('%s, in the words of the cluster, is waited for and then fails the run', (reason, status, words) => {
    const world = starting(status);
    const early = planCapture(world);
    expect(condition(early, 'Reconciling')).toMatchObject({ status: 'True', reason });
    expect(condition(early, 'Ready')?.message).toContain(words);
    const late = planCapture({ ...world, now: NOW + 120_000 });
    expect(condition(late, 'Failed')).toMatchObject({ status: 'True', reason });
    expect(condition(late, 'Failed')?.message).toContain('given up after 120 s');
    expect(late.children.deleteJobs).toHaveLength(1);
    expect(late.finalizer).toBe('absent');
  });

  test('a stop that comes first ends the run once it is sure that no container started in that moment', () => {
    const world = starting(waitingState('ErrImagePull', 'manifest unknown'));
    const capture = aCapture({}, { annotations: { 'packetcapture.dev/stop': world.record?.run.id } });
    const stopped = planCapture({ ...world, capture });
    expect(controlIn(stopped)).toMatchObject({ stop: { reason: 'Requested' } });
    const record = recordOf(stopped);
    const pods = [anAgentPod(record, 'agent-1', { status: { containerStatuses: [{ name: 'agent', state: { running: {} } }] } })];
    expect(recordOf(planCapture({ ...world, capture, record, pods, now: NOW + 10_000 })).run.result).toBeUndefined();
    const plan = planCapture({ ...world, capture, record, now: NOW + 10_000 });
    expect(condition(plan, 'Failed')).toMatchObject({ status: 'True', reason: 'NothingCaptured' });
    expect(plan.status?.run?.stopReason).toBe('Requested');
  });

  test('AdmissionDenied where the Job gets no pod', () => {
    const record = recordOf(planCapture(aWorld()));
    const jobEvents = () => [{ metadata: { name: 'e', uid: 'e' }, reason: 'FailedCreate', message: 'denied by policy "no-privileged"' }];
    const plan = planCapture(aWorld({ record, jobs: [aJob(record)], jobEvents }));
    expect(condition(plan, 'Ready')).toMatchObject({ reason: 'AdmissionDenied' });
    expect(condition(plan, 'Ready')?.message).toContain('no-privileged');
  });

  test('NodeNotReady where the node says nothing', () => {
    const world = starting({}, { node: () => ({ metadata: { name: 'node-a', uid: 'n' }, status: { conditions: [{ type: 'Ready', status: 'Unknown', message: 'Kubelet stopped posting node status.' }] } }) });
    expect(condition(planCapture(world), 'Ready')).toMatchObject({ reason: 'NodeNotReady' });
  });
});

test('a node on which no agent ever ran does not take away what another captured', () => {
  const { record, world } = running();
  const moved = [aPod({ metadata: { uid: 'bbbbbbbb-2' }, spec: { nodeName: 'node-b' } })];
  const two = recordOf(planCapture({ ...world, targetPods: moved, report: () => capturing(record) }));
  const report = (uid: string) => (uid === 'agent-1' ? done(two) : undefined);
  expect(planCapture({ ...world, record: two, targetPods: moved, report }).status?.run?.completionTime).toBeUndefined();
  const jobs = two.run.nodes.map(({ jobName }) => ({ metadata: { name: jobName, uid: jobName, labels: { 'packetcapture.dev/run-id': two.run.id } } }));
  const plan = planCapture({ ...world, record: two, jobs, targetPods: moved, report, now: NOW + 120_000 });
  expect(condition(plan, 'Complete')).toMatchObject({ status: 'True', reason: 'SomeTargetsFailed' });
  expect(plan.status?.targets).toMatchObject([{ node: 'node-a', state: 'Ended' }, { node: 'node-b', state: 'Failed', reason: 'StartTimeout' }]);
});

test("a lost spool's pending packets are discarded, and the run says so", () => {
  const { record, world } = running();
  const before = recordOf(planCapture({ ...world, report: () => capturing(record) }));
  const pods = [anAgentPod(record, 'agent-2')];
  const replaced = recordOf(planCapture({ ...world, record: before, pods }));
  const plan = planCapture({ ...world, record: replaced, pods, report: (uid) => (uid === 'agent-2' ? done(replaced, { podUID: uid, attempt: 2, spool: 'spool-2' }) : undefined) });
  expect(plan.status?.packets).toMatchObject({ captured: 20, uploaded: 14, pending: 0, discarded: 6 });
  expect(condition(plan, 'Failed')).toMatchObject({ status: 'True', reason: 'UploadIncomplete' });
});

test('keys of the destination that change reach the Secret of a run', () => {
  const { record, world } = running();
  const secrets = [{ metadata: { name: record.run.secretName, uid: 's', labels: { 'packetcapture.dev/run-id': record.run.id } }, data: { accessKeyId: 'b2xk', secretAccessKey: 'b2xk' } }];
  expect(planCapture({ ...world, secrets }).children.secrets).toMatchObject([{ present: secrets[0], object: { data: { accessKeyId: 'a2V5' } } }]);
});

test('what a destination has no more (a session token, an authority) leaves the Secret of a run', () => {
  const { record, world } = running();
  const data = world.credentials(undefined).data as Record<string, string>;
  const secrets = [{ metadata: { name: record.run.secretName, uid: 's', labels: { 'packetcapture.dev/run-id': record.run.id } }, data: { ...data, sessionToken: 'b2xk', 'ca.crt': 'b2xk' } }];
  expect(planCapture({ ...world, secrets }).children.secrets).toMatchObject([{ present: secrets[0], surplus: ['sessionToken', 'ca.crt'] }]);
});

test("children carry none of the object's labels or annotations", () => {
  const capture = aCapture({}, { labels: { 'app.kubernetes.io/instance': 'argo' }, annotations: { 'argocd.argoproj.io/tracking-id': 'x' } });
  const plan = planCapture(aWorld({ capture }));
  expect(JSON.stringify([plan.children.createJobs, plan.children.secrets])).not.toMatch(/argo/);
  expect(JSON.stringify(plan.children.createJobs)).toContain(UID);
});
