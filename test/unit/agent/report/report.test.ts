// Reports: what they say of a state, that they fit, and how often they come.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DELIVERY_REASON } from '../../../../src/api/reasons.js';
import { ledgersOf } from '../../../../src/agent/ledger.js';
import { buildReport, type LiveTarget, type ReportBody } from '../../../../src/agent/report/build.js';
import { fitReport, fitTotals } from '../../../../src/agent/report/fit.js';
import { ReportWriter } from '../../../../src/agent/report/writer.js';
import type { SpoolEvent } from '../../../../src/agent/spool/events.js';
import { parseReport, REPORT_MAX_BYTES, TERMINATION_MAX_BYTES, type Report } from '../../../../src/protocol/report.js';
import type { Work } from '../../../../src/protocol/work.js';
import { closed, fold, START_MS, targets, uploaded } from '../spool/events.js';

const LISTENING: SpoolEvent = { type: 'listening', target: 'a', attempt: 1, start: 1, timeMs: START_MS };
const capturing: LiveTarget = { state: 'Capturing', reason: undefined, message: undefined, isRunning: true };

function report(events: SpoolEvent[], live: Record<string, LiveTarget> = {}, over: { done?: boolean } = {}): ReportBody {
  const state = fold([{ type: 'spool', id: 's1', runID: 'r1' }, { type: 'attempt', attempt: 1 }, ...events]);
  return buildReport({ runID: 'r1', node: 'n', podUID: 'p', state, ledgers: ledgersOf(state, new Map()), live: new Map(Object.entries(live)), delivery: { ok: true }, manifestKey: undefined, isAskedFor: () => true, isHalted: !Object.values(live).some((l) => l.isRunning), done: false, ...over });
}

describe('a report says', () => {
  const ended: SpoolEvent = { type: 'ended', target: 'a', stopReason: 'Requested', timeMs: START_MS + 1000 };
  const failed: SpoolEvent = { type: 'failed', target: 'a', reason: 'InvalidFilter', message: 'syntax error', timeMs: START_MS + 1000 };
  const stopped: SpoolEvent = { type: 'stopped', reason: 'Requested', timeMs: START_MS + 1000, final: true };
  const suspended: SpoolEvent = { type: 'stopped', reason: 'Suspended', timeMs: START_MS + 1000, final: false };
  const snapshot: SpoolEvent = { type: 'snapshot', token: 'x', timeMs: START_MS };
  const exited: SpoolEvent = { type: 'exited', target: 'a', attempt: 1, start: 1, timeMs: START_MS + 2500 };
  const waiting: LiveTarget = { state: 'Pending', reason: 'NetworkNamespaceNotFound', message: 'not found', isRunning: false };
  test.each([
    ['that a target waits, and why', [], { a: waiting }, { phase: 'Capturing', targets: [{ state: 'Pending', reason: 'NetworkNamespaceNotFound', message: 'not found' }] }],
    ['since when it captures', [LISTENING], { a: capturing }, { phase: 'Capturing', captureStartTime: '2026-11-20T03:05:12.000Z', targets: [{ state: 'Capturing', captureStartTime: '2026-11-20T03:05:12.000Z' }] }],
    ['that a stopped target has files left', [LISTENING, closed(), ended, stopped], {}, { phase: 'Draining', stopReason: 'Requested', targets: [{ state: 'Draining', stopReason: 'Requested' }] }],
    ['that it has none left', [LISTENING, closed(), ended, stopped, uploaded()], {}, { phase: 'Draining', targets: [{ state: 'Ended', stopReason: 'Requested', stopTime: '2026-11-20T03:05:13.000Z' }] }],
    ['when its time was over, not when tcpdump had written the rest', [LISTENING, ended, stopped, exited], {}, { stopTime: '2026-11-20T03:05:13.000Z', targets: [{ stopTime: '2026-11-20T03:05:13.000Z' }] }],
    ['that it is being suspended', [LISTENING, suspended], { a: capturing }, { phase: 'Draining', stopReason: 'Suspended', targets: [{ state: 'Draining' }] }],
    ['that it is suspended', [LISTENING, suspended], {}, { phase: 'Suspended', stopReason: 'Suspended', targets: [{ state: 'Suspended' }] }],
    ['what became of a snapshot', [closed(), snapshot, uploaded()], {}, { snapshots: [{ token: 'x', time: '2026-11-20T03:05:12.000Z', packets: { captured: 10, uploaded: 10, pending: 0, discarded: 0 } }] }],
    ['why it failed', [failed, stopped], {}, { targets: [{ state: 'Failed', reason: 'InvalidFilter', message: 'syntax error', stopReason: 'Failed' }] }],
  ])('%s', (_, events, live, said) => expect(report([...targets('a'), ...events], live as Record<string, LiveTarget>)).toMatchObject(said));

  test('that all is done', () => expect(report([...targets('a'), ended, stopped], {}, { done: true })).toMatchObject({ phase: 'Done', done: true }));
});

const whole = (body: ReportBody): Report => ({ ...body, number: 1, time: '2026-11-20T03:05:12.000Z' });
const large = (targetCount: number): Report => {
  const names = Array.from({ length: targetCount }, (_, n) => `web-${n}-of-a-deployment-with-a-long-name_${String(n).padStart(8, '0')}`);
  const live = Object.fromEntries(names.map((name) => [name, { state: 'Pending' as const, reason: 'NetworkNamespaceNotFound', message: 'm'.repeat(900), isRunning: false }]));
  const files = Array.from({ length: 10 }, (_, n) => [closed({ target: names[0] as string, sequence: n + 1 }), uploaded(n + 1, names[0])]).flat();
  const ended: SpoolEvent = { type: 'ended', target: names[1] ?? '', stopReason: 'TargetGone', timeMs: START_MS };
  return whole(report([...targets(...names), ...files, ended], live));
};

describe('a report fits', () => {
  test.each([1, 2, 5, 20, 60, 300])('with %s targets, and keeps its totals', (count) => {
    const report = large(count);
    for (const maxBytes of [REPORT_MAX_BYTES, TERMINATION_MAX_BYTES]) {
      const line = JSON.stringify(fitReport(report, maxBytes));
      expect(Buffer.byteLength(line)).toBeLessThanOrEqual(maxBytes);
      expect(parseReport(line)).toMatchObject({ ledger: report.ledger, gaps: report.gaps, number: 1, spool: 's1' });
    }
  });
  test.each([1, 2, 5, 20, 300])("with the agent's own work and %s targets; its totals have the work where there is room for all else", (count) => {
    const work: Work = { process: 'f'.repeat(16), uploads: { counts: Array.from({ length: 12 }, () => 1_234_567), seconds: 1_234_567.891, errors: Object.fromEntries(Object.values(DELIVERY_REASON).map((reason) => [reason, 1_234_567])) }, spool: { usedBytes: 10 * 2 ** 30, maxBytes: 10 * 2 ** 30 } };
    const report = { ...large(count), work };
    const line = fitReport(report, REPORT_MAX_BYTES);
    expect(line.work).toEqual(work);
    expect(line.targets.length).toBeGreaterThanOrEqual(fitReport(large(count), REPORT_MAX_BYTES).targets.length - 1);
    const totals = fitTotals(report, TERMINATION_MAX_BYTES);
    expect(Buffer.byteLength(JSON.stringify(totals))).toBeLessThanOrEqual(TERMINATION_MAX_BYTES);
    expect(totals).toEqual(fitTotals(count <= 2 ? report : large(count), TERMINATION_MAX_BYTES));
  });
  test('by its oldest files first, then by the targets that stand last', () => {
    const line = fitReport(large(5), REPORT_MAX_BYTES);
    expect(line.targets).toHaveLength(5);
    expect(line.recentFiles[0]?.key).toMatch(/\/10$/);
    const short = fitReport(large(5), 3000);
    expect(short.recentFiles).toHaveLength(2);
    expect(short.targets.map((t) => t.name)).toEqual(line.targets.slice(0, short.targets.length).map((t) => t.name));
    expect([short.targets.length > 0, short.targets.length < 5]).toEqual([true, true]);
  });
});

describe('reports are written', () => {
  let folder: string;
  let lines: Report[];
  let nowMs: number;
  let writer: ReportWriter;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'report-'));
    writeFileSync(join(folder, 'termination'), 'x'.repeat(5000));
    lines = [];
    nowMs = 0;
    writer = new ReportWriter(100, join(folder, 'termination'), { now: () => START_MS, monotonic: () => nowMs }, (line) => void lines.push(parseReport(line.trimEnd()) as Report), { warn: () => undefined });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('when something changed, with a growing number', () => {
    writer.write(report(targets('a')), START_MS - 1500);
    writer.write(report(targets('a')), START_MS);
    writer.write(report([...targets('a'), closed()]));
    expect(lines.map((r) => [r.number, r.ledger.packets.captured])).toEqual([[101, 0], [102, 10]]);
    // That time goes by is nothing new.
    expect(lines.map((r) => r.countedTime)).toEqual([new Date(START_MS - 1500).toISOString(), undefined]);
  });
  test('at most one a second', () => {
    expect(writer.isDue).toBe(true);
    writer.write(report(targets('a')));
    nowMs = 999;
    expect(writer.isDue).toBe(false);
    nowMs = 1000;
    expect(writer.isDue).toBe(true);
  });
  const work = (errors: Record<string, number>, usedBytes = 0): Work => ({ process: 'p1', uploads: { counts: [1], seconds: 1, errors }, spool: { usedBytes, maxBytes: 9 } });
  test("with the agent's own work, which alone is nothing new", () => {
    writer.write(report(targets('a')), START_MS, work({}));
    nowMs = 3_600_000;
    writer.write(report(targets('a')), START_MS, work({}, 5));
    expect(lines.map((r) => r.work)).toEqual([work({})]);
    writer.write(report([...targets('a'), closed()]), START_MS, work({}, 5));
    expect(lines.map((r) => r.work?.spool.usedBytes)).toEqual([0, 5]);
  });
  test('twice a minute at most where nothing is new but that uploads fail', () => {
    writer.write(report(targets('a')), START_MS, work({}));
    for (let n = 1; n <= 60; n += 1) {
      nowMs = n * 1000;
      writer.write(report(targets('a')), START_MS, work({ BucketUnreachable: n }));
    }
    expect(lines.map((r) => r.work?.uploads.errors)).toEqual([{}, { BucketUnreachable: 30 }, { BucketUnreachable: 60 }]);
    for (nowMs = 61_000; nowMs < 300_000; nowMs += 1000) writer.write(report(targets('a')), START_MS, work({ BucketUnreachable: 60 }));
    expect(lines).toHaveLength(3);
  });
  test('to the termination message too, in place and without files', () => {
    const { ino } = statSync(join(folder, 'termination'));
    writer.write(report([...targets('a'), closed(), uploaded()]));
    expect(parseReport(readFileSync(join(folder, 'termination'), 'utf8'))).toEqual({ ...lines[0], recentFiles: [] });
    expect(statSync(join(folder, 'termination')).ino).toBe(ino);
  });
});
