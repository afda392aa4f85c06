// A world that is planned again and again, each turn upon the record of the one before.
import { planCapture, type Plan } from '../../../src/plan/plan.js';
import type { RunRecord } from '../../../src/plan/record.js';
import type { World } from '../../../src/plan/world.js';
import { anAgentPod, NOW, recordOf, running } from './builders.js';

export const MINUTE = 60_000;

export const RUNS = { status: { phase: 'Running', containerStatuses: [{ name: 'agent', state: { running: {} } }] } };

export interface Story {
  /** As it was when the run's first pod had just been addressed. */
  record: RunRecord;
  /** What is told of the world stays so until another turn tells otherwise. */
  turn: (afterMs: number, overrides?: Partial<World>) => Plan;
}

export function story(): Story {
  const { record, world } = running();
  let now: World = { ...world, pods: [anAgentPod(record, 'agent-1', RUNS)] };
  return {
    record,
    turn: (afterMs, overrides = {}) => {
      now = { ...now, ...overrides, now: NOW + afterMs };
      const plan = planCapture(now);
      now = { ...now, record: recordOf(plan) };
      return plan;
    },
  };
}
