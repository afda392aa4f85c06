// What an operator that leads no more wrote too late: the one that leads now undoes it.
import { describe, expect, test } from '@jest/globals';
import { planCapture, type Plan } from '../../../src/plan/plan.js';
import type { RunRecord } from '../../../src/plan/record.js';
import type { World } from '../../../src/plan/world.js';
import { aJob, anAgentPod, aReport, aWorld, at, NOW, recordOf, running } from './builders.js';

/** A world in which the run is over and collected. */
function collected(): { record: RunRecord; world: World } {
  const { record, world } = running();
  const done = aReport(record, { phase: 'Done', done: true, stopReason: 'Duration', stopTime: at(0) });
  const ended = recordOf(planCapture({ ...world, report: () => done }));
  const now = NOW + 3_600_000;
  const last = recordOf(planCapture({ ...world, now, record: ended, jobs: [], pods: [] }));
  expect(last.run.collected).toBe(true);
  return { record: last, world: { ...world, now, record: last, jobs: [], pods: [] } };
}

describe('of a run that is collected', () => {
  test('a Job goes at once, and its pod is addressed by nobody', () => {
    const { record, world } = collected();
    const { children, lookAgainMs } = planCapture({ ...world, jobs: [aJob(record)], pods: [anAgentPod(record, 'late')] });
    expect(children).toMatchObject({ deleteJobs: [{ metadata: { uid: 'job-1' } }], controls: [], createJobs: [] });
    expect(lookAgainMs).toBeDefined();
  });

  test('a Secret goes at once', () => {
    const { record, world } = collected();
    const secret = { metadata: { name: record.run.secretName, uid: 's', labels: { 'packetcapture.dev/run-id': record.run.id } } };
    expect(planCapture({ ...world, secrets: [secret] }).children.deleteSecrets).toEqual([secret]);
  });

  test('nothing else is done', () => {
    const { world } = collected();
    const plan = planCapture(world);
    expect(plan.children).toMatchObject({ deleteJobs: [], deleteSecrets: [], createJobs: [], collected: [] });
    expect(plan.lookAgainMs).toBeUndefined();
  });
});

test('a record of a capture that is gone and forgotten leads to no Job, and is forgotten again', () => {
  const fresh = recordOf(planCapture(aWorld()));
  expect(fresh.run.nodes).toHaveLength(1);
  const { capture: _gone, ...orphan } = aWorld();
  let plan: Plan | undefined;
  let record: RunRecord | undefined = fresh;
  for (let second = 0; second <= 600 && record; second += 10) {
    plan = planCapture({ ...orphan, now: NOW + second * 1000, record });
    expect(plan.children.createJobs).toEqual([]);
    record = plan.forget ? undefined : plan.record;
  }
  expect(plan?.forget).toBe(true);
});
