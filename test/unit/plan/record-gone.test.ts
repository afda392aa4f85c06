// A capture whose run record is not there, as after a restore that brought objects back and not packetcapture-jobs.
import { expect, test } from '@jest/globals';
import { planCapture } from '../../../src/plan/plan.js';
import { aCapture, aWorld, condition, recordOf, running } from './builders.js';

test('begins another run, whatever its status says of one: the record is the memory', () => {
  const status = { phase: 'Complete', run: { id: 'of-before' }, conditions: [{ type: 'Complete', status: 'True' }] };
  const plan = planCapture(aWorld({ capture: { ...aCapture(), status } }));
  expect(recordOf(plan).run.id).not.toBe('of-before');
  expect(plan.status?.run?.id).toBe(recordOf(plan).run.id);
});

test('begins none while it is suspended', () => {
  const plan = planCapture(aWorld({ capture: aCapture({ suspend: true }) }));
  expect(plan.record).toBeUndefined();
  expect(condition(plan, 'Ready')).toMatchObject({ reason: 'Suspended' });
});

test('that has its record back goes on as if nothing had been', () => {
  const { record, world } = running();
  expect(recordOf(planCapture({ ...world, record })).run.id).toBe(record.run.id);
});
