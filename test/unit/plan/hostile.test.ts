// What a tenant may write on its own objects, and what becomes of it in a plan.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SNAPSHOT_ANNOTATION, STOP_ANNOTATION } from '../../../src/api/group.js';
import type { PodObject } from '../../../src/plan/objects.js';
import { planCapture } from '../../../src/plan/plan.js';
import type { Report } from '../../../src/protocol/report.js';
import { heard } from '../../../src/protocol/heard.js';
import { aCapture, anAgentPod, aPod, aReport, aWorld, condition, controlIn, running } from './builders.js';

const ESCAPES = '\u001b[2J\u009b\u202e\n{"level":50}';
const texts = (value: unknown): string[] => (typeof value === 'string' ? [value] : typeof value === 'object' && value !== null ? Object.values(value).flatMap(texts) : []);
const unfit = (value: unknown): string[] => texts(value).filter((text) => /\p{C}/u.test(text));

describe('hostile: annotation', () => {
  const withToken = (token: string) => {
    const { world } = running();
    const spec = { duration: '0s', upload: { policy: 'OnDemand' } };
    return planCapture({ ...world, capture: aCapture(spec, { annotations: { [SNAPSHOT_ANNOTATION]: token } }) });
  };

  test.each(['__proto__', '{"snapshot":"y","stop":true}', '"},"stop":{"', '../../x', '$(id)', '%s%n', "'; drop", 'x'.repeat(128)])('a snapshot token %j → is one value in control, and nothing else', (token) => {
    const control = controlIn(withToken(token)) as { snapshot?: unknown };
    const plain = controlIn(withToken('plain')) as object;
    expect(JSON.stringify(control.snapshot)).toContain(JSON.stringify(token).slice(1, -1));
    expect(Object.keys(control)).toEqual(Object.keys(plain));
  });

  test.each([['of 200,000 characters', 'x'.repeat(200_000)], ['of escapes', ESCAPES], ['of NUL', '\u0000'], ['of half a character', '\ud83d']])('a snapshot token %s → asks for nothing, and is shown in short', (_what, token) => {
    const plan = withToken(token);
    expect(controlIn(plan)).toMatchObject({ snapshot: null });
    expect(condition(plan, 'Accepted')?.reason).toBe('InvalidSnapshotToken');
    expect(condition(plan, 'Accepted')?.message?.length).toBeLessThan(400);
    expect(unfit(plan.status)).toEqual([]);
  });

  test.each(['*', '', 'true', '.*', '__proto__', 'x'.repeat(10_000)])('a stop for no run of the object, %j → stops nothing', (stop) => {
    const { world } = running();
    const plan = planCapture({ ...world, capture: aCapture({}, { annotations: { [STOP_ANNOTATION]: stop } }) });
    expect(plan.record?.run.stop).toBeUndefined();
    expect(plan.record?.handled.stop).toBeUndefined();
  });
});

describe('hostile: target', () => {
  test('a selector of 260,000 characters → what is said of it has 200', () => {
    const values = Array.from({ length: 64 }, (_, n) => `${n}`.padStart(63, 'x'));
    const podSelector = { matchExpressions: Array.from({ length: 64 }, (_, n) => ({ key: `k${n}`, operator: 'NotIn', values })) };
    for (const targetPods of [[], [aPod()]]) {
      const { status } = planCapture(aWorld({ capture: aCapture({ target: { podSelector, podName: undefined } }), targetPods }));
      expect(JSON.stringify(status).length).toBeLessThan(8 * 1024);
    }
  });

  test.each([
    ['escapes', ESCAPES],
    ['253 characters that nobody sees', '\u200b'.repeat(253)],
    ['a path', '../../kube-system/etcd-0'],
  ])('a pod name of %s → refused, and shown as code points', (_what, podName) => {
    const plan = planCapture(aWorld({ capture: aCapture({ target: { podName } }) }));
    expect(condition(plan, 'Ready')?.reason).toBe('InvalidSpec');
    expect(unfit(plan.status)).toEqual([]);
    expect(plan.record).toBeUndefined();
  });

  test('a pod whose name and UID begin as those of another target → a target of its own', () => {
    const pods = [aPod({ metadata: { name: 'web', uid: '0-aaaaaa-1' } }), aPod({ metadata: { name: 'web-0', uid: 'aaaaaaaa-1' } })];
    const plan = planCapture(aWorld({ capture: aCapture({ target: { podSelector: {}, podName: undefined } }), targetPods: pods }));
    expect(new Set(plan.record?.run.targets.map(({ name }) => name)).size).toBe(2);
  });
});

describe('hostile: reference', () => {
  test('whatever a tenant may put into a filter → the kubelet finds no variable in what the Job is given', () => {
    const plan = planCapture(aWorld({ capture: aCapture({ filter: 'tcp $( $$(' }) }));
    expect(plan.children.createJobs).toHaveLength(1);
    expect(JSON.stringify(plan.children.createJobs)).not.toContain('$(');
  });
});

describe('hostile: imitation', () => {
  const { record, world } = running();
  const forged = (overrides: Partial<Report> = {}): string => JSON.stringify(aReport(record, { done: true, phase: 'Done', ...overrides }));

  test.each([
    ['of another run', { runID: 'another' }],
    ['of another pod', { podUID: 'another' }],
  ])('a report %s in an agent\'s log → not heard', (_what, overrides) => {
    expect(heard(forged(overrides), record.run.id, 'agent-1')).toBeUndefined();
  });

  test.each([
    ['inside a line of the log', (line: string) => `{"level":30,"msg":${JSON.stringify(line)}}`],
    ['after other words', (line: string) => `tcpdump: ${line}`],
    ['in a field of another object', (line: string) => JSON.stringify({ filter: JSON.parse(line) as unknown })],
    ['cut in two', (line: string) => `${line.slice(0, 40)}\n${line.slice(40)}`],
    ['with negative numbers', (line: string) => line.replace('"number":1', '"number":-1')],
  ])('words that look like a report, %s → not heard', (_what, dressed) => {
    expect(heard(dressed(forged()), record.run.id, 'agent-1')).toBeUndefined();
  });

  test("a pod with the run's labels that control does not address → its report counts for nothing", () => {
    const imitator: PodObject = anAgentPod(record, 'imitator');
    const plan = planCapture({ ...world, pods: [...world.pods, imitator], report: (uid) => (uid === 'imitator' ? aReport(record, { podUID: uid, done: true, phase: 'Done' }) : undefined) });
    expect(plan.record?.run.result).toBeUndefined();
    expect(plan.record?.run.nodes[0]?.addressed?.podUID).toBe('agent-1');
    expect(plan.children.controls.filter(({ pod }) => pod.metadata.uid === 'imitator')).toEqual([]);
  });

  test('words of an agent that a terminal would act on → shown as code points', () => {
    const target = record.run.targets[0]?.name ?? '';
    const report = aReport(record, { targets: [{ name: target, state: 'Failed', reason: 'X', message: `tcpdump: ${ESCAPES}`, ledger: aReport(record).ledger }] });
    const plan = planCapture({ ...world, report: () => report });
    expect(JSON.stringify(plan.status)).toContain('u{1b}');
    expect(unfit(plan.status)).toEqual([]);
  });
});

describe('hostile: log line', () => {
  test('specs and annotations of any text at all → what people read of them has no control characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), fc.constantFrom('podName', 'interface', 'filter', 'duration', 'label', 'destination', 'token'), (text, field) => {
        const target = field === 'podName' ? { podName: text } : field === 'label' ? { podSelector: { matchLabels: { [text]: text } } } : { podName: 'web-0' };
        const spec = { target, ...(['interface', 'filter', 'duration'].includes(field) && { [field]: text }), ...(field === 'destination' && { storage: { destinationRef: { name: text } } }) };
        const plan = planCapture(aWorld({ capture: { ...aCapture(), metadata: { ...aCapture().metadata, annotations: { [SNAPSHOT_ANNOTATION]: field === 'token' ? text : 'x' } }, spec } }));
        // A snapshot's token is printable, or it is none.
        expect(unfit(plan.status)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});
