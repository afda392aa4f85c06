import { describe, expect, test } from '@jest/globals';
import { LIVE_ANNOTATION } from '../../../src/api/group.js';
import { planCapture, type Plan } from '../../../src/plan/plan.js';
import type { World } from '../../../src/plan/world.js';
import { statusDueIn } from '../../../src/operator/status-cadence.js';
import { aCapture, aLedger, anAgentPod, aReport, aWorld, condition, controlIn, recordOf, running } from './builders.js';

const HASH = 'a'.repeat(64);
const OTHER = 'b'.repeat(64);
const live = (value: string, spec: object = {}, metadata: object = {}) => aCapture(spec, { annotations: { [LIVE_ANNOTATION]: value }, ...metadata });
const next = (world: World, overrides: Partial<World> = {}): Plan => planCapture({ ...world, ...overrides });

describe('a live session', () => {
  test('is asked for in control, and told of in status, as soon as the pod is addressed', () => {
    const began = planCapture(aWorld({ capture: live(HASH) }));
    expect(began.status?.live).toEqual({ tokenSHA256: HASH, agents: [] });
    const record = recordOf(began);
    const pod = anAgentPod(record);
    const addressed = planCapture(aWorld({ capture: live(HASH), record, pods: [pod] }));
    expect(controlIn(addressed)).toMatchObject({ live: { tokenSHA256: HASH } });
    expect(addressed.status?.phase).toBe('Starting');
    expect(addressed.status?.live).toEqual({ tokenSHA256: HASH, agents: [{ node: record.run.nodes[0]?.node, namespace: 'packetcapture-jobs', podName: pod.metadata.name, port: 9311, targets: [record.run.targets[0]?.name] }] });
    expect(statusDueIn(began.status, addressed.status as object, 0, 0)).toBe(0);
  });

  test('changes and ends with its annotation, and the capture goes on', () => {
    const { world } = running();
    expect(controlIn(next(world, { capture: live(HASH) }))).toMatchObject({ live: { tokenSHA256: HASH }, stop: null });
    expect(controlIn(next(world, { capture: live(OTHER) }))).toMatchObject({ live: { tokenSHA256: OTHER }, stop: null });
    const ended = next(world);
    expect(ended.status?.live).toBeUndefined();
    expect(ended.record?.run.stop).toBeUndefined();
  });

  test('lasts while the run delivers, and not longer', () => {
    const { world, record } = running();
    const stopping = next(world, { capture: live(HASH, {}, { annotations: { [LIVE_ANNOTATION]: HASH, 'packetcapture.dev/stop': record.run.id } }) });
    expect(controlIn(stopping)).toMatchObject({ live: { tokenSHA256: HASH }, stop: { reason: 'Requested' } });
    expect(stopping.status?.live?.agents).toHaveLength(1);
    const done = next(world, { capture: live(HASH), report: () => aReport(record, { done: true, ledger: aLedger({ captured: 5, uploaded: 5 }) }) });
    expect(done.status?.phase).toBe('Complete');
    expect(done.status?.live).toBeUndefined();
    expect(next(world, { capture: live(HASH), record: recordOf(done) }).status?.live).toBeUndefined();
  });

  test('is of the current run, not of one that still delivers beside it', () => {
    const { world } = running();
    const superseded = next(world, { capture: live(HASH, { filter: 'udp port 53' }, { generation: 2 }) });
    expect(superseded.record?.draining).toBeDefined();
    expect(controlIn(superseded)).toMatchObject({ stop: { reason: 'Superseded' }, live: null });
  });
});

describe('hostile: annotation', () => {
  test.each([
    ['the token itself', 'correct horse battery staple, in full'],
    ['63 digits', 'a'.repeat(63)],
    ['65 digits', 'a'.repeat(65)],
    ['digits and an end of line', `${HASH}\n`],
    ['what is no digit', 'g'.repeat(64)],
    ['200,000 characters', 'a'.repeat(200_000)],
    ['escapes', '\u001b[2J\u202e'],
    ['a control document', '"},"stop":{"reason":"x"'],
  ])('a live annotation of %s → opens nothing, and is said to be none without being repeated', (_what, value) => {
    const { world } = running();
    const plan = next(world, { capture: live(value) });
    expect(plan.status?.live).toBeUndefined();
    for (const { annotation } of plan.children.controls) expect(JSON.parse(annotation)).toMatchObject({ live: null });
    const accepted = condition(plan, 'Accepted');
    expect(accepted).toMatchObject({ status: 'True', reason: 'InvalidLiveToken' });
    expect(accepted?.message).not.toContain(value.slice(0, 20));
    expect(accepted?.message?.length).toBeLessThan(400);
    expect(/\p{C}/u.test(accepted?.message ?? '')).toBe(false);
  });
});
