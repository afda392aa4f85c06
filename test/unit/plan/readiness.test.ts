// What people read beside Ready: who listens, for how long, and why no more.
import { expect, test } from '@jest/globals';
import type { PodObject } from '../../../src/plan/objects.js';
import { planCapture } from '../../../src/plan/plan.js';
import type { Report } from '../../../src/protocol/report.js';
import { aCapture, aLedger, aPod, aReport, aReportedTarget, at, condition, NOW, running } from './builders.js';

const ready = (report: Partial<Report>, pods: PodObject[] = [aPod()], spec: object = {}): string | undefined => {
  const { record, world } = running();
  return condition(planCapture({ ...world, now: NOW + 5000, capture: aCapture(spec), targetPods: pods, report: () => aReport(record, { number: 2, ...report }) }), 'Ready')?.message;
};
const { record } = running();

test.each([
  ['while it listens', ready({}), 'tcpdump listens to 1 of 1 targets; capturing lasts 2m in all; 0 packets captured so far, 0 of them in the bucket'],
  ['with another duration by now', ready({}, [aPod()], { duration: '10m' }), 'tcpdump listens to 1 of 1 targets; capturing lasts 10m in all; 0 packets captured so far, 0 of them in the bucket'],
  ['while the target is looked for', ready({ targets: [aReportedTarget(record, { state: 'Pending' })] }), 'tcpdump listens to none of 1 target yet; capturing lasts 2m in all; 0 packets captured so far, 0 of them in the bucket'],
  ['while nobody is there', ready({ targets: [aReportedTarget(record, { state: 'Ended', stopReason: 'TargetGone' })] }, []), 'no target is there now; the next one is waited for; capturing lasts 2m in all; 0 packets captured so far, 0 of them in the bucket'],
  ['when it is over', ready({ phase: 'Draining', stopReason: 'MaxSize', stopTime: at(4000), ledger: aLedger({ captured: 9, pending: 9 }), targets: [aReportedTarget(record, { state: 'Draining', stopReason: 'MaxSize' })] }), 'capturing has ended (MaxSize); 9 packets captured so far, 0 of them in the bucket'],
])('%s', (_when, message, words) => {
  expect(message).toBe(words);
});
