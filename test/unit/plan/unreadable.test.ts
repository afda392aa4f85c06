// A run record that can't be read.
import { describe, expect, test } from '@jest/globals';
import { planCapture } from '../../../src/plan/plan.js';
import { parseRecord, recordConfigMap } from '../../../src/plan/record.js';
import { aCapture, aJob, anAgentPod, aWorld, at, condition, CONTROL_ANNOTATION, controlIn, NOW, running, UID } from './builders.js';

const configMap = (text?: string) => ({ metadata: { name: UID, namespace: 'packetcapture-jobs' }, data: text === undefined ? {} : { 'record.json': text } });

describe('parsing', () => {
  test('what was written is read', () => {
    const { record } = running();
    expect(parseRecord(recordConfigMap(record, 'packetcapture-jobs'))).toEqual({ record });
  });

  test.each([
    ['no data', undefined, 'has no record.json'],
    ['no JSON', '{"version":1', 'is no JSON'],
    ['another version', JSON.stringify({ ...running().record, version: 2 }), 'no record that this version reads: version'],
    ['a part that is missing', JSON.stringify({ ...running().record, run: undefined }), 'no record that this version reads: run'],
  ])('%s is a problem with its fix', (_what, text, words) => {
    const { record, problem } = parseRecord(configMap(text));
    expect(record).toBeUndefined();
    expect(problem).toContain(words);
    expect(problem).toMatch(new RegExp(`"packetcapture-jobs/${UID}".*restore its record.json.*or delete the ConfigMap`));
  });
});

describe('a capture with such a record', () => {
  const recordProblem = 'run record: is no JSON; restore it';
  const unreadable = (capture = aCapture(), control: object = {}) => {
    const { record, plan } = running();
    const annotation = JSON.stringify({ ...(controlIn(plan) as object), ...control });
    const pods = [anAgentPod(record, 'agent-1', { metadata: { annotations: { [CONTROL_ANNOTATION]: annotation } } })];
    return { id: record.run.id, world: aWorld({ recordProblem, capture, jobs: [aJob(record)], pods, secrets: [{ metadata: { name: record.run.secretName, uid: 's' } }] }) };
  };

  test('is stalled with the fix, begins nothing and deletes nothing; what was known of it stays', () => {
    const status = { phase: 'Complete', run: { id: 'r' }, conditions: [{ type: 'Complete', status: 'True' }, { type: 'Ready', status: 'True' }, { type: 'Reconciling', status: 'True' }] };
    const plan = planCapture(unreadable({ ...aCapture(), status }).world);
    expect(condition(plan, 'Ready')).toMatchObject({ status: 'False', reason: 'RecordUnreadable', message: recordProblem });
    expect(condition(plan, 'Stalled')).toMatchObject({ status: 'True', reason: 'RecordUnreadable' });
    expect(plan.status?.conditions?.map(({ type }) => type)).toEqual(['Complete', 'Ready', 'Stalled']);
    expect(plan.status).toMatchObject({ phase: 'Complete', run: { id: 'r' }, observedGeneration: 1 });
    expect(plan.record).toBeUndefined();
    expect(plan.children).toMatchObject({ createJobs: [], secrets: [], deleteJobs: [], deleteSecrets: [], controls: [] });
  });

  test('goes, when it is deleted, after the drain time; what captures for it is stopped at once', () => {
    const { world } = unreadable(aCapture({}, { deletionTimestamp: at(0), finalizers: ['packetcapture.dev/drain'] }));
    const first = planCapture(world);
    expect(first).toMatchObject({ finalizer: 'as it is', lookAgainMs: 60_000, children: { deleteJobs: [] } });
    expect(controlIn(first)).toMatchObject({ podUID: 'agent-1', attempt: 1, targets: [{ gone: false }], stop: { reason: 'Deleted' } });
    expect(planCapture({ ...world, now: NOW + 60_000 }).finalizer).toBe('absent');
  });

  test('that is gone has what captures for it stopped, once, and its record stays for whoever can read it', () => {
    const { capture: _gone, ...world } = unreadable().world;
    const plan = planCapture(world);
    expect(controlIn(plan)).toMatchObject({ stop: { reason: 'Deleted' } });
    expect(plan).toMatchObject({ forget: false, children: { deleteJobs: [] } });
    const { capture: _gone2, ...stopped } = unreadable(aCapture(), { stop: { reason: 'Duration' } }).world;
    expect(planCapture(stopped).children.controls).toEqual([]);
  });

  test('may still be stopped by the run id that its pod carries', () => {
    const { id } = unreadable();
    expect(controlIn(planCapture(unreadable(aCapture({}, { annotations: { 'packetcapture.dev/stop': id } })).world))).toMatchObject({ stop: { reason: 'Requested' } });
    expect(planCapture(unreadable(aCapture({}, { annotations: { 'packetcapture.dev/stop': 'another' } })).world).children.controls).toEqual([]);
  });
});
