// Spools that nobody's agent removed: when they are noted, and what is done about their node.
import { describe, expect, test } from '@jest/globals';
import { SWEEP_TAG, type SweepResult } from '../../../src/protocol/sweep.js';
import { entryOf, withLeftovers } from '../../../src/plan/leftovers.js';
import type { NodeObject, PodObject } from '../../../src/plan/objects.js';
import { planCapture } from '../../../src/plan/plan.js';
import { recordConfigMap } from '../../../src/plan/record.js';
import { buildSweepJob, planSweep, sweepConfig, type SweepWorld } from '../../../src/plan/sweep.js';
import { aLedger, anAgentPod, aReport, aWorld, at, NOW, recordOf, running, UID } from './builders.js';
import { MINUTE, story } from './story.js';

const HOUR = 60 * MINUTE;
const gone = { node: () => undefined, nodeIsGone: () => true };

describe('spools are noted', () => {
  test('of a run whose agent did not end by itself, until the run is collected', () => {
    const { turn, record } = story();
    turn(MINUTE, { report: () => aReport(record, { ledger: aLedger({ captured: 10, pending: 10 }) }) });
    turn(2 * MINUTE, { ...gone, pods: [] });
    expect(turn(3 * MINUTE).leftovers).toEqual([]);
    const spool = { node: 'node-a', spool: `${UID}.${record.run.id}`, reason: 'NodeLost' };
    expect(turn(7 * MINUTE).leftovers).toEqual([spool]);
    turn(9 * MINUTE, { jobs: [] });
    expect(turn(10 * MINUTE).leftovers).toEqual([]);
  });

  test('of no run whose agent said that it is done', () => {
    const { turn, record } = story();
    expect(turn(MINUTE, { report: () => aReport(record, { done: true, phase: 'Done' }) }).leftovers).toEqual([]);
  });

  test('of pods whose record was removed by hand', () => {
    const { record } = running();
    const labels = { 'job-name': 'j', 'packetcapture.dev/run-id': record.run.id, 'packetcapture.dev/capture-uid': UID };
    const { capture: _gone, ...world } = aWorld({ pods: [anAgentPod(record, 'agent-1', { metadata: { labels } })] });
    expect(planCapture(world).leftovers).toEqual([{ node: 'node-a', spool: `${UID}.${record.run.id}`, reason: 'RecordRemoved' }]);
  });

  test('once, one entry a node, due when files are no longer kept', () => {
    const first = withLeftovers({}, [{ node: 'node-a', spool: 'c.1', reason: 'NodeLost' }], NOW, 3600);
    expect(entryOf(first, 'node-a')).toEqual({ dueTime: at(HOUR), since: at(0), spools: [{ spool: 'c.1', reason: 'NodeLost' }] });
    expect(withLeftovers(first, [{ node: 'node-a', spool: 'c.1', reason: 'NodeLost' }], NOW + 1, 3600)).toBe(first);
    const second = withLeftovers(first, [{ node: 'node-a', spool: 'c.2', reason: 'NeverHeard' }], NOW + HOUR / 2, 3600);
    expect(entryOf(second, 'node-a')).toMatchObject({ dueTime: at(HOUR), spools: [{ spool: 'c.2' }, { spool: 'c.1' }] });
    expect(entryOf({ 'node-a': 'x' }, 'node-a')).toBeUndefined();
  });
});

describe('a node with leftovers', () => {
  const aNode = (status: string): NodeObject => ({ metadata: { name: 'node-a', uid: 'n' }, status: { conditions: [{ type: 'Ready', status }] } });
  const job = (overrides = {}) => ({ metadata: { name: 'sweep', uid: 'j', creationTimestamp: at(0) }, ...overrides });
  const ended = (result: Partial<SweepResult>): PodObject[] => {
    const message = JSON.stringify({ report: SWEEP_TAG, version: 1, removed: { spools: 1, files: 2, packets: 3, bytes: 4 }, kept: 0, young: 0, errors: [], ...result });
    return [{ metadata: { name: 'p', uid: 'p' }, spec: {}, status: { containerStatuses: [{ name: 'sweep', state: { terminated: { exitCode: 0, message: `{"level":30}\n${message}\n` } } }] } }];
  };
  const step = (overrides: Partial<SweepWorld>) => planSweep({ now: NOW, config: aWorld().config, entry: { dueTime: at(0), since: at(0), spools: [] }, job: undefined, pods: [], node: aNode('True'), ...overrides });

  test.each([
    ['waits until it is due', { now: NOW - 5000 }, { do: 'wait', forMs: 5000 }],
    ['waits until it is ready', { node: aNode('Unknown') }, { do: 'wait', forMs: 60_000 }],
    ['waits for its Node object', { node: undefined }, { do: 'wait', forMs: 60_000 }],
    ['is forgotten once it has been gone for a week', { node: undefined, now: NOW + 7 * 24 * HOUR }, { do: 'forget' }],
    ['is swept when it is due and ready', {}, { do: 'send' }],
    ['waits for its sweep', { job: job() }, { do: 'wait', forMs: 5000 }],
    ['waits for a former sweep to go', { job: job({ metadata: { name: 'sweep', uid: 'j', deletionTimestamp: at(0) } }), pods: ended({}) }, { do: 'wait', forMs: 5000 }],
    ['is done with when nothing is left', { job: job(), pods: ended({}) }, { do: 'end', dueTime: undefined }],
    ['is swept again when the next spool is old', { job: job(), pods: ended({ young: 1, dueInSeconds: 3600 }) }, { do: 'end', dueTime: at(HOUR) }],
    ['is swept again much later where something could not be removed', { job: job(), pods: ended({ errors: ['x'] }) }, { do: 'end', dueTime: at(24 * HOUR) }],
    ['is swept again in an hour where the sweep failed', { job: job({ status: { conditions: [{ type: 'Failed', status: 'True' }] } }) }, { do: 'end', result: undefined, dueTime: at(HOUR) }],
    ['is swept again in an hour where the sweep never ended', { job: job(), now: NOW + 10 * MINUTE }, { do: 'end', result: undefined, dueTime: at(HOUR + 10 * MINUTE) }],
  ])('%s', (_what, overrides, expected) => {
    expect(step(overrides)).toMatchObject(expected);
  });
});

describe('the sweep Job', () => {
  test('leaves alone what is of runs that are not over, and of captures whose record is unreadable', () => {
    const { record, world } = running();
    const over = recordOf(planCapture({ ...world, report: () => aReport(record, { done: true, phase: 'Done' }) }));
    const maps = [recordConfigMap(record, 'j'), recordConfigMap({ ...over, capture: { ...over.capture, uid: 'over' } }, 'j'), { metadata: { name: 'broken' }, data: {} }];
    expect(sweepConfig(maps, world.config)).toEqual({ version: 1, retentionSeconds: 86_400, keep: [`${UID}.${record.run.id}`], keepPrefixes: ['broken.'] });
  });

  test('sees all spools of one node and nothing else, without a token or a privilege', () => {
    const job = buildSweepJob('node-a', { version: 1, retentionSeconds: 1, keep: [], keepPrefixes: [] }, aWorld().config) as { metadata: object; spec: { template: { spec: { containers: object[]; volumes: object[] } } } };
    expect(job.spec.template.spec).toMatchObject({ automountServiceAccountToken: false, restartPolicy: 'Never', affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields: [{ values: ['node-a'] }] }] } } } });
    expect(job.spec.template.spec.volumes).toEqual([{ name: 'spools', hostPath: { path: '/var/lib/packetcapture', type: 'DirectoryOrCreate' } }]);
    expect(job.spec.template.spec.containers).toMatchObject([{ args: ['sweep'], securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } } }]);
    expect(JSON.stringify(job)).not.toContain('capture-uid');
  });
});
