import { describe, expect, test } from '@jest/globals';
import type { PlanConfig } from '../../../src/plan/config.js';
import { planCapture, type Plan } from '../../../src/plan/plan.js';
import type { World } from '../../../src/plan/world.js';
import { aCapture, aLedger, aReport, aWorld, condition, controlIn, recordOf, running } from './builders.js';

const CAPS: Partial<PlanConfig> = { maxDurationMs: 60_000, maxSizeBytes: 5e9, maxSpoolBytes: 2 ** 30, maxBufferBytes: 64 * 2 ** 20, maxSnapLength: 128, maxTargets: 5 };
const WITHIN = { duration: '1m', maxSize: '5G', spool: { maxSize: '1Gi' }, bufferSize: '64Mi', snapLength: 128 };
const RECORDER = { ...WITHIN, duration: '0s', maxSize: undefined, upload: { policy: 'OnDemand' }, ring: { fileSize: '10M' } };

const capped = (world: World, caps: Partial<PlanConfig> = CAPS): World => ({ ...world, config: { ...world.config, ...caps } });
const asking = (spec: object): Plan => planCapture(capped(aWorld({ capture: aCapture(spec) })));

describe('a new run', () => {
  test.each([
    ['that asks for what is allowed', WITHIN],
    ['that follows a name, of which there is only one at a time', { ...WITHIN, target: { podName: 'web-0', maxTargets: 6 } }],
    ['of a recorder, which is bounded by its ring and its spool', RECORDER],
  ])('%s begins', (_what, spec) => expect(asking(spec).record).toBeDefined());

  test.each([
    [{ duration: '61s' }, 'DurationTooLong', 'spec.duration "1m1s": the operator allows at most "1m" (--max-duration); use "1m" or less'],
    [{ maxSize: '6G' }, 'SizeTooLarge', 'spec.maxSize "6G": the operator allows at most "5G" (--max-size); use "5G" or less'],
    [{ maxSize: undefined }, 'SizeTooLarge', 'spec.maxSize is not set: the operator allows at most "5G" (--max-size); add "maxSize: 5G"'],
    [{ spool: { maxSize: '2Gi' } }, 'SpoolTooLarge', 'spec.spool.maxSize "2.1G": the operator allows at most "1G" (--max-spool); use "1G" or less'],
    [{ bufferSize: '128Mi' }, 'BufferTooLarge', 'spec.bufferSize "134M": the operator allows at most "67M" (--max-buffer-size); use "67M" or less'],
    [{ target: { podSelector: {}, maxTargets: 6 } }, 'TooManyTargets', 'spec.target.maxTargets 6: the operator allows at most 5 (--max-targets); use 5 or less'],
    [{ snapLength: 129 }, 'SnapLengthTooLong', 'spec.snapLength 129: the operator allows at most 128 (--max-snap-length); use 128 or less'],
    [{ snapLength: undefined }, 'SnapLengthTooLong', 'spec.snapLength 262144: the operator allows at most 128'],
  ])('over a cap is refused, with the cap and the flag, until it is edited: %j', (spec, reason, words) => {
    const plan = asking({ ...WITHIN, ...spec });
    expect(plan).toMatchObject({ finalizer: 'absent', children: { createJobs: [] } });
    expect(plan.record).toBeUndefined();
    expect(plan.lookAgainMs).toBeUndefined();
    for (const type of ['Ready', 'Accepted']) expect(condition(plan, type)).toMatchObject({ status: 'False', reason, message: expect.stringContaining(words) });
    expect(condition(plan, 'Stalled')).toMatchObject({ status: 'True', reason });
  });

  test('by default is as large as any bucket', () => expect(planCapture(aWorld({ capture: aCapture({ maxSize: '8P' }) })).record).toBeDefined());
});

describe('a cap that is lowered', () => {
  /** That of the builders captures for 2 minutes, of any size. */
  const { record, world } = running();

  test('leaves a run that was allowed alone', () => {
    const plan = planCapture(capped({ ...world, report: () => aReport(record) }));
    expect(condition(plan, 'Ready')).toMatchObject({ status: 'True', reason: 'Capturing' });
    expect(controlIn(plan)).toMatchObject({ remainingMs: 120_000, stop: null });
  });

  test('leaves a finished run alone', () => {
    const finished = recordOf(planCapture({ ...world, report: () => aReport(record, { done: true, ledger: aLedger({ captured: 1, uploaded: 1 }) }) }));
    expect(condition(planCapture(capped({ ...world, record: finished })), 'Ready')).toMatchObject({ status: 'True', reason: 'Complete' });
  });

  test.each([
    ['longer', { duration: '3m' }, 'DurationTooLong', { remainingMs: 120_000 }],
    ['shorter, and still over the cap', { duration: '90s' }, undefined, { remainingMs: 90_000 }],
    ['smaller, and still over the cap', { maxSize: '6G' }, undefined, { limits: { maxSizeBytes: 6e9 } }],
  ])('an edit of a run that makes it %s', (_how, spec, reason, control) => {
    const plan = planCapture(capped({ ...world, capture: aCapture(spec, { generation: 2 }) }));
    expect(condition(plan, 'Stalled')?.reason).toBe(reason);
    expect(controlIn(plan)).toMatchObject({ ...control, stop: null });
  });

  test('a limit that is taken away again is more', () => {
    const small = { ...world, capture: aCapture({ maxSize: '1G' }, { generation: 2 }) };
    const limited = { ...small, record: recordOf(planCapture(small)) };
    const plan = planCapture(capped({ ...limited, capture: aCapture({}, { generation: 3 }) }, { maxSizeBytes: 5e9 }));
    expect(condition(plan, 'Stalled')).toMatchObject({ reason: 'SizeTooLarge' });
    expect(recordOf(plan).run.limits).toMatchObject({ maxSizeBytes: 1e9 });
  });

  test('refuses the run that an edit asks for, and the one that runs goes on', () => {
    const plan = planCapture(capped({ ...world, capture: aCapture({ filter: 'udp' }, { generation: 2 }) }));
    expect(condition(plan, 'Stalled')).toMatchObject({ reason: 'DurationTooLong' });
    expect(controlIn(plan)).toMatchObject({ stop: null });
  });
});
