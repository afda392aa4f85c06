// Runs of many pods: which are captured, on which nodes, who joins, who goes, who is left out, when it is over.
import { describe, expect, test } from '@jest/globals';
import type { PodObject } from '../../../src/plan/objects.js';
import { planCapture, type Plan } from '../../../src/plan/plan.js';
import type { RunRecord } from '../../../src/plan/record.js';
import type { WorkloadObject } from '../../../src/plan/workload.js';
import type { World } from '../../../src/plan/world.js';
import { controlSchema, type Control } from '../../../src/protocol/control.js';
import type { Report } from '../../../src/protocol/report.js';
import { aCapture, aLedger, anAgentPod, aPod, aReport, aWorld, at, condition, NOW } from './builders.js';

const uidOf = (n: number): string => `${String(n).padStart(8, '0')}-1111-4222-8333-444455556666`;

/** Pod web-<n>, the older the smaller its number. */
const web = (n: number, node = 'node-a', overrides: { metadata?: object; spec?: object; status?: object } = {}): PodObject =>
  aPod({
    metadata: { name: `web-${n}`, uid: uidOf(n), labels: { app: 'web' }, creationTimestamp: at((n - 1000) * 1000), ...overrides.metadata },
    spec: { nodeName: node, ...overrides.spec },
    status: { podIP: `10.0.0.${n}`, podIPs: [{ ip: `10.0.0.${n}` }], ...overrides.status },
  });

const BY_LABEL = { podSelector: { matchLabels: { app: 'web' } } };
const BY_DEPLOYMENT = { workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' } };
const given = (target: object, targetPods: PodObject[], over: Partial<World> = {}): World => aWorld({ capture: aCapture({ target }), targetPods, ...over });
const recordOf = (plan: Plan): RunRecord => plan.record as RunRecord;
const names = (plan: Plan): string[] => recordOf(plan).run.targets.filter((t) => t.goneTime === undefined).map((t) => t.podName);
const ready = (plan: Plan) => condition(plan, 'Ready');

/** The world as it is once the agents of a plan's nodes run and say this. */
function running(world: World, plan: Plan, words: (node: string, targets: string[]) => Partial<Report> = () => ({}), over: Partial<World> = {}): World {
  const record = recordOf(plan);
  const pods = record.run.nodes.map(({ node, jobName }) => ({ ...anAgentPod(record, `agent-${node}`, { metadata: { labels: { 'job-name': jobName } } }), spec: { nodeName: node } }));
  const report = (podUID: string): Report | undefined => {
    const at = record.run.nodes.find(({ node }) => podUID === `agent-${node}`);
    if (!at) return undefined;
    const targets = record.run.targets.filter((t) => t.node === at.node).map(({ name }) => name);
    return aReport(record, { node: at.node, podUID, captureStartTime: new Date(NOW).toISOString(), phase: 'Capturing', targets: targets.map((name) => ({ name, state: 'Capturing', ledger: aLedger() })), ...words(at.node, targets) });
  };
  const addressed = recordOf(planCapture({ ...world, record, pods }));
  return { ...world, record: addressed, pods, report, ...over };
}

const controlFor = (plan: Plan, node: string): Control => {
  const control = plan.children.controls.find(({ pod }) => pod.spec.nodeName === node);
  return controlSchema.parse(JSON.parse(control?.annotation ?? '{}'));
};

describe('a capture by labels', () => {
  const plan = planCapture(given(BY_LABEL, [web(3, 'node-b'), web(1), web(2), aPod()]));

  test('begins with every pod that matches, with one Job for each of their nodes', () => {
    expect(names(plan)).toEqual(['web-1', 'web-2', 'web-3']);
    expect(recordOf(plan).run.nodes.map(({ node }) => node)).toEqual(['node-a', 'node-b']);
    expect(plan.children.createJobs).toHaveLength(2);
    expect(plan.status?.summary).toEqual({ target: 'app=web (3)', nodes: 'node-a,+1', size: '0' });
  });

  test('tells each agent its own targets, and that more may come', () => {
    const world = running(given(BY_LABEL, [web(1), web(2), web(3, 'node-b')]), plan);
    const next = planCapture(world);
    expect(controlFor(next, 'node-a')).toMatchObject({ follows: true, targets: [{ podName: 'web-1' }, { podName: 'web-2' }] });
    expect(controlFor(next, 'node-b')).toMatchObject({ follows: true, targets: [{ podName: 'web-3', gone: false }] });
  });

  test('takes in a pod that appears, on its node or a new one, and marks one that is gone', () => {
    const pods = [web(2), web(3, 'node-b'), web(4, 'node-b'), web(5, 'node-c')];
    const next = planCapture(running(given(BY_LABEL, pods), plan));
    expect(names(next)).toEqual(['web-2', 'web-3', 'web-4', 'web-5']);
    expect(recordOf(next).run.targets.find((t) => t.podName === 'web-1')?.goneTime).toBe(new Date(NOW).toISOString());
    expect(recordOf(next).run.nodes.map(({ node }) => node)).toEqual(['node-a', 'node-b', 'node-c']);
    expect(controlFor(next, 'node-a').targets.map(({ podName, gone }) => [podName, gone])).toEqual([['web-1', true], ['web-2', false]]);
    expect(recordOf(next).run.id).toBe(recordOf(plan).run.id);
  });

  test('keeps a pod that loses its label, as long as it is there', () => {
    const next = planCapture(running(given(BY_LABEL, [web(1, 'node-a', { metadata: { labels: {} } }), web(2), web(3, 'node-b')]), plan));
    expect(names(next)).toEqual(['web-1', 'web-2', 'web-3']);
  });

  test('takes in nobody once its time is over', () => {
    const world = running(given(BY_LABEL, [web(1), web(2), web(3, 'node-b')]), plan);
    const later = planCapture({ ...world, record: recordOf(planCapture(world)), targetPods: [...world.targetPods, web(4)], now: NOW + 120_000 });
    expect(names(later)).toEqual(['web-1', 'web-2', 'web-3']);
  });

  test.each([
    ['nobody matches', [aPod()], 'no pod of app=web exists yet'],
    ['the only one has no address yet', [web(1, 'node-a', { status: { podIP: undefined, podIPs: undefined } })], 'none of the 1 pods of app=web can be captured yet: pod "web-1" has no IP address yet'],
    ['the only one has ended', [web(1, 'node-a', { status: { phase: 'Succeeded' } })], 'none of the 1 pods of app=web can be captured yet: pod "web-1" has ended'],
  ])('is armed where %s', (_name, pods, message) => {
    const armed = planCapture(given(BY_LABEL, pods));
    expect(armed.record).toBeUndefined();
    expect(armed.status?.phase).toBe('Pending');
    expect(ready(armed)).toMatchObject({ status: 'True', reason: 'NoTargetsYet', message: expect.stringContaining(message) });
    expect(armed.status?.conditions?.map((c) => c.type)).toEqual(['Accepted', 'Ready']);
    expect(armed.finalizer).toBe('absent');
  });

  test('leaves out a pod on the network of its node, and says so', () => {
    const world = given(BY_LABEL, [web(1), web(2, 'node-b', { spec: { hostNetwork: true } })]);
    const next = planCapture(running(world, planCapture(world)));
    expect(names(next)).toEqual(['web-1']);
    expect(condition(next, 'Capturing')).toMatchObject({ status: 'True', reason: 'TargetsLeftOut', message: expect.stringContaining("left out: web-2 (they are on the node's own network)") });
  });

  test('is refused where all of them are', () => {
    const plan = planCapture(given(BY_LABEL, [web(2, 'node-b', { spec: { hostNetwork: true } })]));
    expect(ready(plan)).toMatchObject({ status: 'False', reason: 'HostNetworkRefused' });
    expect(condition(plan, 'Stalled')?.status).toBe('True');
  });
});

describe('more pods than maxTargets', () => {
  const target = (maxTargets: number) => ({ ...BY_LABEL, maxTargets });
  const pods = [web(4), web(2), web(3), web(1)];
  const plan = planCapture(given(target(2), pods));
  const capturing = running(given(target(2), pods), plan);

  test('the oldest are captured, and the rest are named', () => {
    expect(names(plan)).toEqual(['web-1', 'web-2']);
    const next = planCapture(capturing);
    expect(names(next)).toEqual(['web-1', 'web-2']);
    expect(condition(next, 'Capturing')).toMatchObject({ reason: 'TargetsLeftOut', message: 'tcpdump listens to 2 of 2 targets; left out: web-3, web-4 (spec.target.maxTargets allows no more at a time)' });
  });

  test('the next oldest joins when one goes, or is about to', () => {
    expect(names(planCapture({ ...capturing, targetPods: [web(2), web(3), web(4)] }))).toEqual(['web-2', 'web-3']);
    const leaving = web(1, 'node-a', { metadata: { deletionTimestamp: at(0) } });
    expect(names(planCapture({ ...capturing, targetPods: [leaving, web(2), web(3), web(4)] }))).toEqual(['web-1', 'web-2', 'web-3']);
  });

  test('an older pod that matches later displaces nobody', () => {
    expect(names(planCapture({ ...capturing, targetPods: [...pods, web(0)] }))).toEqual(['web-1', 'web-2']);
  });

  test('raised, it takes in more; lowered, the newest are let go and stay so; the run is the same', () => {
    const raised = planCapture({ ...capturing, capture: aCapture({ target: target(3) }, { generation: 2 }) });
    expect(names(raised)).toEqual(['web-1', 'web-2', 'web-3']);
    const lowered = planCapture({ ...capturing, record: recordOf(raised), capture: aCapture({ target: target(1) }, { generation: 3 }) });
    expect(names(lowered)).toEqual(['web-1']);
    expect(controlFor(lowered, 'node-a').targets).toMatchObject([{ podName: 'web-1', gone: false }, { podName: 'web-2', gone: true, goneReason: 'MaxTargets' }, { podName: 'web-3', gone: true, goneReason: 'MaxTargets' }]);
    expect(condition(lowered, 'Capturing')?.message).toContain('left out: web-2, web-3, web-4');
    const again = planCapture({ ...capturing, record: recordOf(lowered), capture: aCapture({ target: target(2) }, { generation: 4 }) });
    expect(names(again)).toEqual(['web-1', 'web-4']);
    expect(recordOf(again).run.id).toBe(recordOf(plan).run.id);
  });

  test('one that was let go is not forgotten while its pod is there, though thousands came and went', () => {
    let record = recordOf(planCapture({ ...capturing, capture: aCapture({ target: target(1) }, { generation: 2 }) }));
    const one = { ...capturing, capture: aCapture({ target: target(1) }, { generation: 2 }) };
    for (let n = 10; n < 60; n += 1) record = recordOf(planCapture({ ...one, record, targetPods: [web(2), web(n)] }));
    expect(record.run.targets.map((t) => t.podName)).toContain('web-2');
    expect(record.run.targets.length).toBeLessThanOrEqual(22);
  });
});

test('a pod that follows a name to a node without room is waited for: its run does not end as if there were none', () => {
  const world = aWorld();
  const started = running(world, planCapture(world));
  const moved = { ...started, targetPods: [aPod({ metadata: { uid: uidOf(7) }, spec: { nodeName: 'node-b' } })], hasRoom: () => false };
  const waiting = planCapture(moved);
  const later = planCapture({ ...moved, record: recordOf(waiting), now: NOW + 100_000 });
  expect([recordOf(later).run.stop, names(later)]).toEqual([undefined, []]);
  expect(condition(later, 'Capturing')).toMatchObject({ reason: 'TargetsLeftOut', message: expect.stringContaining('left out: web-0 (on their nodes run as many captures as the operator allows') });
  const room = planCapture({ ...moved, record: recordOf(later), now: NOW + 101_000, hasRoom: () => true });
  expect([recordOf(room).run.nodes.map(({ node }) => node), names(room)]).toEqual([['node-a', 'node-b'], ['web-0']]);
});

describe('a workload', () => {
  const deployment: WorkloadObject = { metadata: { name: 'web', uid: 'd' }, spec: { selector: { matchLabels: { app: 'web' } } } };

  test('is captured by its selector', () => {
    const plan = planCapture(given(BY_DEPLOYMENT, [web(1), aPod()], { workload: () => deployment }));
    expect(names(plan)).toEqual(['web-1']);
    expect(plan.status?.summary?.target).toBe('deploy/web (1)');
  });

  test('that is not there yet is armed', () => {
    expect(ready(planCapture(given(BY_DEPLOYMENT, [web(1)])))).toMatchObject({ status: 'True', reason: 'NoTargetsYet', message: 'Deployment "web" does not exist in namespace "shop"; capturing starts with its first pod' });
  });

  test('a Service is captured by its labels; one without is refused by name', () => {
    const target = { workloadRef: { apiVersion: 'v1', kind: 'Service', name: 'web' } };
    const service = (selector?: Record<string, string>): WorkloadObject => ({ metadata: { name: 'web', uid: 's' }, spec: { ...(selector && { selector }) } });
    expect(names(planCapture(given(target, [web(1), aPod()], { workload: () => service({ app: 'web' }) })))).toEqual(['web-1']);
    for (const none of [service(), service({})]) {
      const plan = planCapture(given(target, [web(1)], { workload: () => none }));
      expect(ready(plan)).toMatchObject({ status: 'False', reason: 'SelectorMissing', message: 'Service "web" has no selector, so which pods are its own is not known; use spec.target.podSelector' });
      expect(condition(plan, 'Stalled')?.status).toBe('True');
    }
  });

  test('that is deleted ends nothing: its pods are captured until they are gone', () => {
    const world = given(BY_DEPLOYMENT, [web(1)], { workload: () => deployment });
    const without = { ...running(world, planCapture(world)), workload: () => undefined };
    const next = planCapture(without);
    expect(names(next)).toEqual(['web-1']);
    const gone = planCapture({ ...without, record: recordOf(next), targetPods: [] });
    expect(recordOf(planCapture({ ...without, record: recordOf(gone), targetPods: [], now: NOW + 60_000 })).run.stop?.reason).toBe('TargetGone');
  });
});

const withFailure = (record: RunRecord, failed: string): RunRecord => ({ ...record, run: { ...record.run, nodes: record.run.nodes.map((n) => (n.node === failed ? { ...n, failure: { reason: 'Unschedulable', message: 'no room' } } : n)) } });

describe('a run of many', () => {
  const pods = [web(1), web(2, 'node-b')];
  const world = given(BY_LABEL, pods);
  const plan = planCapture(world);
  const ended = (name: string, stopReason: string) => ({ name, state: 'Ended', stopReason, ledger: aLedger() });

  test('is stopped once every target that is there has ended by itself', () => {
    const half = planCapture(running(world, plan, (node, targets) => (node === 'node-a' ? { targets: targets.map((name) => ended(name, 'MaxPackets')) } : {})));
    expect(recordOf(half).run.stop).toBeUndefined();
    const all = planCapture(running(world, plan, (_node, targets) => ({ targets: targets.map((name) => ended(name, 'MaxPackets')) })));
    expect(recordOf(all).run.stop?.reason).toBe('MaxPackets');
  });

  test('goes on while a pod that has just come is not captured yet', () => {
    const next = planCapture(running(world, plan, (_node, targets) => ({ targets: targets.map((name) => ended(name, 'MaxPackets')) }), { targetPods: [...pods, web(3)] }));
    expect(recordOf(next).run.stop).toBeUndefined();
    expect(names(next)).toEqual(['web-1', 'web-2', 'web-3']);
  });

  test('outlives a node that no agent starts on, and names its targets', () => {
    const both = running(world, plan);
    const isOfA = ({ spec }: PodObject): boolean => spec.nodeName === 'node-a';
    const broken: World = { ...both, pods: both.pods.filter(isOfA), report: (uid) => (uid === 'agent-node-a' ? both.report(uid) : undefined), record: withFailure(both.record as RunRecord, 'node-b') };
    const next = planCapture(broken);
    expect(next.status?.phase).toBe('Capturing');
    expect(next.status?.targets).toMatchObject([{ podName: 'web-1', state: 'Capturing' }, { podName: 'web-2', state: 'Failed', reason: 'Unschedulable' }]);
    const came = planCapture({ ...broken, record: recordOf(next), targetPods: [...pods, web(3, 'node-b'), web(4)] });
    expect(names(came)).toEqual(['web-1', 'web-2', 'web-4']);
    expect(condition(came, 'Capturing')).toMatchObject({ reason: 'TargetsLeftOut', message: expect.stringContaining("left out: web-3 (this run's part on their nodes is over)") });
    const done = planCapture({ ...broken, record: recordOf(next), report: (uid) => (uid === 'agent-node-a' ? { ...(broken.report(uid) as Report), phase: 'Done', done: true, number: 9, stopReason: 'Duration', stopTime: at(9000) } : undefined) });
    expect(recordOf(done).run.result).toMatchObject({ outcome: 'Complete', reason: 'SomeTargetsFailed' });
  });
});

test('only what names a run is its identity: another selector supersedes, another number of targets does not', () => {
  const world = given(BY_LABEL, [web(1)]);
  const started = running(world, planCapture(world));
  const other = planCapture({ ...started, capture: aCapture({ target: { podSelector: { matchLabels: { app: 'api' } } } }, { generation: 2 }) });
  expect(recordOf(other).run.stop?.reason ?? recordOf(other).draining?.stop?.reason).toBe('Superseded');
});
