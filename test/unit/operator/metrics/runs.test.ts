// The counters of runs as Prometheus reads them, from what a controller looks at.
import { beforeEach, expect, test } from '@jest/globals';
import { silent } from '../../../../src/kube/log.js';
import { Metrics } from '../../../../src/operator/metrics/registry.js';
import { RunMeter } from '../../../../src/operator/metrics/runs.js';
import { planCapture } from '../../../../src/plan/plan.js';
import type { World } from '../../../../src/plan/world.js';
import type { Report } from '../../../../src/protocol/report.js';
import type { Work } from '../../../../src/protocol/work.js';
import { aJob, aLedger, anAgentPod, aReport, at, aWorld, recordOf, running, UID } from '../../plan/builders.js';
import { MINUTE, RUNS } from '../../plan/story.js';

let metrics: Metrics;
let runs: RunMeter;
let world: World;
const work: Work = { process: 'p', uploads: { counts: [0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0], seconds: 0.6, errors: { AccessDenied: 2, OfTomorrow: 1 } }, spool: { usedBytes: 5, maxBytes: 10 } };

beforeEach(() => {
  metrics = new Metrics({ leads: () => true, log: silent });
  runs = new RunMeter(metrics);
  const { record } = running();
  world = { ...running().world, jobs: [aJob(record)], pods: [anAgentPod(record, 'agent-1', RUNS)] };
});

function look(overrides: Partial<Report>, afterMs = MINUTE, uid = UID): void {
  const { record } = world;
  if (!record) throw new Error('no run');
  const report = aReport(record, { work, ...overrides });
  const now: World = { ...world, now: world.now + afterMs, report: () => report };
  const plan = planCapture(now);
  runs.look(uid, { world: now, known: { record } }, plan);
  world = { ...world, record: recordOf(plan) };
}

/** Of the metrics of that beginning, those that are not 0. */
const shown = async (beginning: string): Promise<string[]> => (await metrics.exposition()).split('\n').filter((line) => line.startsWith(`packetcapture_${beginning}`) && !line.endsWith(' 0'));

test('a run is counted by outcome, by reason, and as far as its words are known', async () => {
  const done: Partial<Report> = { number: 2, phase: 'Done', done: true, stopReason: 'Duration', stopTime: at(MINUTE) };
  look({ ...done, ledger: aLedger({ captured: 20, uploaded: 12, discarded: 8, released: 3, droppedByKernel: 1 }), discards: { RingOverwrote: 4, OfTomorrow: 1 }, gaps: { count: 2, seconds: 3.5, suspended: { count: 1, seconds: 3 } } });
  expect(await shown('captured')).toEqual(['packetcapture_captured_packets_total 20']);
  expect(await shown('uploaded')).toEqual(['packetcapture_uploaded_packets_total 12']);
  expect(await shown('released')).toEqual(['packetcapture_released_packets_total 3']);
  expect((await shown('lost')).sort()).toEqual(['packetcapture_lost_packets_total{reason="DroppedByKernel"} 1', 'packetcapture_lost_packets_total{reason="Other"} 1', 'packetcapture_lost_packets_total{reason="RingOverwrote"} 4']);
  expect(await shown('gap')).toEqual(['packetcapture_gaps_total 1', 'packetcapture_gap_seconds_total 0.5']);
  expect(await shown('runs_finished')).toEqual(['packetcapture_runs_finished_total{outcome="Complete"} 1']);
  expect(await shown('run_start_duration_seconds_sum')).toEqual(['packetcapture_run_start_duration_seconds_sum 1']);
  expect(await shown('upload_errors')).toEqual(['packetcapture_upload_errors_total{reason="AccessDenied"} 2', 'packetcapture_upload_errors_total{reason="Other"} 1']);
  expect(await shown('upload_duration_seconds_count')).toEqual(['packetcapture_upload_duration_seconds_count 3']);
  look(done, 2 * MINUTE);
  runs.release(UID);
  look(done, 3 * MINUTE);
  expect(await shown('captured')).toEqual(['packetcapture_captured_packets_total 20']);
  expect(await shown('runs_finished')).toEqual(['packetcapture_runs_finished_total{outcome="Complete"} 1']);
});

test('spools are those of agents that live, all captures together; a node without any has none', async () => {
  look({});
  look({ number: 2 }, 2 * MINUTE, 'another-capture');
  expect(await shown('spool')).toEqual(['packetcapture_spool_used_bytes{node="node-a",policy="Continuous"} 10', 'packetcapture_spool_limit_bytes{node="node-a",policy="Continuous"} 20']);
  runs.release('another-capture');
  expect(await shown('spool')).toEqual(['packetcapture_spool_used_bytes{node="node-a",policy="Continuous"} 5', 'packetcapture_spool_limit_bytes{node="node-a",policy="Continuous"} 10']);
  world = { ...world, pods: [] };
  look({ number: 3 }, 3 * MINUTE);
  expect(await shown('spool')).toEqual([]);
});

test('a capture without a run counts nothing, and needs nothing', async () => {
  const waiting = aWorld({ targetPods: [] });
  runs.look(UID, { world: waiting, known: {} }, planCapture(waiting));
  expect(await shown('captured')).toEqual([]);
});
