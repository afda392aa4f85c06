// What counters grow by: over all looks of all operators the account of a run, once, and never less than nothing.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { PacketCaptureStatus } from '../../../../src/api/packetcapture-status.js';
import { meter, type Counted, type Increments } from '../../../../src/plan/metering/meter.js';
import { amountsOf } from '../../../../src/plan/metering/amounts.js';
import type { Plan } from '../../../../src/plan/plan.js';
import type { Run, RunRecord } from '../../../../src/plan/record.js';
import { totalsOf } from '../../../../src/plan/totals.js';
import type { World } from '../../../../src/plan/world.js';
import { emptyLedger, type Ledger } from '../../../../src/protocol/ledger.js';
import type { Report } from '../../../../src/protocol/report.js';
import { UPLOAD_SECONDS, type Work } from '../../../../src/protocol/work.js';
import { aCapture, aReport, at, recordOf } from '../builders.js';
import { MINUTE, story } from '../story.js';

/** Counters as they stand over all processes of the operator there ever were. */
class Counters {
  readonly totals: Record<string, number> = {};
  readonly startSeconds: number[] = [];

  add({ amounts, startSeconds, uploads }: Increments): void {
    for (const [key, n] of [...Object.entries(amounts.numbers), ...Object.entries(amounts.lost).map(([reason, packets]): [string, number] => [`lost ${reason}`, packets])]) this.grow(key, n);
    for (const { counts, seconds, errors } of uploads) {
      counts.forEach((n) => this.grow('uploads', n));
      this.grow('uploadSeconds', seconds);
      for (const [reason, n] of Object.entries(errors)) this.grow(`failed ${reason}`, n);
    }
    this.startSeconds.push(...startSeconds);
  }

  private grow(key: string, n: number): void {
    if (!(n >= 0)) throw new Error(`${key} grows by ${n}`);
    if (n > 0) this.totals[key] = (this.totals[key] ?? 0) + n;
  }
}

/** An operator that plans a run from what its agent says, counts, and is replaced by another one now and then. */
function operator() {
  const { record, turn } = story();
  const counters = new Counters();
  let counted: Counted | undefined;
  let stored: RunRecord | undefined = record;
  let status: PacketCaptureStatus | undefined;
  let plan: Plan;
  let said: Report | undefined;
  return {
    record,
    counters,
    /** One look, with the newest report, of which nothing is written. */
    look: (afterMs: number, report: Report | undefined = said, overrides: Partial<World> = {}): Plan => {
      said = report;
      plan = turn(afterMs, { report: (podUID) => (podUID === report?.podUID ? report : undefined), ...overrides });
      const result = meter(counted, { stored, status, record: recordOf(plan), report: (podUID) => (podUID === report?.podUID ? report : undefined) });
      counted = result.counted;
      counters.add(result.increments);
      return plan;
    },
    storeRecord: () => void (stored = recordOf(plan)),
    writeStatus: () => void (status = plan.status),
    /** Another process leads, or the capture was settled and is looked at again: nothing is remembered. */
    takeOver: () => void (counted = undefined),
    /** How much the capture's memory holds. */
    get remembered() {
      return { runs: Object.keys(counted?.runs ?? {}), nodes: Object.keys(counted?.uploads ?? {}) };
    },
  };
}

const ledger = (packets: Partial<Ledger['packets']>): Ledger => {
  const { captured = 0, uploaded = 0, discarded = 0 } = packets;
  const account = { captured, uploaded, discarded, pending: captured - uploaded - discarded };
  const bytes = Object.fromEntries(Object.entries(account).map(([key, n]) => [key, n * 100])) as Ledger['bytes'];
  return { packets: { ...emptyLedger().packets, ...packets, ...account }, files: account, bytes };
};
const work = (process: string, uploads: number, errors: Record<string, number> = {}): Work => ({ process, uploads: { counts: UPLOAD_SECONDS.map((_, n) => (n === 2 ? uploads : 0)).concat(0), seconds: uploads * 0.2, errors }, spool: { usedBytes: 5, maxBytes: 10 } });
const done = { phase: 'Done', done: true, stopReason: 'Duration', stopTime: at(2 * MINUTE) };

describe('a run', () => {
  test('from its first packet to its end', () => {
    const { look, counters, record } = operator();
    look(1000, undefined);
    expect(counters).toMatchObject({ totals: {}, startSeconds: [] });
    look(3000, aReport(record, { captureStartTime: at(2500), ledger: ledger({ captured: 10 }) }));
    expect(counters).toMatchObject({ totals: { capturedPackets: 10, capturedBytes: 1000, started: 1 }, startSeconds: [2.5] });
    const all = { captured: 100, uploaded: 60, discarded: 40, released: 25, droppedByKernel: 3, droppedByInterface: 2 };
    look(2 * MINUTE, aReport(record, { ...done, number: 2, captureStartTime: at(2500), ledger: ledger(all), discards: { RingOverwrote: 15 }, gaps: { count: 3, seconds: 9, suspended: { count: 1, seconds: 4 } }, work: work('p', 6, { AccessDenied: 2 }) }));
    look(2 * MINUTE + 1000);
    expect(counters.startSeconds).toEqual([2.5]);
    expect(counters.totals).toEqual({
      ...{ capturedPackets: 100, capturedBytes: 10_000, uploadedPackets: 60, uploadedBytes: 6000, releasedPackets: 25, gaps: 2, gapSeconds: 5, started: 1, complete: 1 },
      ...{ 'lost RingOverwrote': 15, 'lost DroppedByKernel': 3, 'lost DroppedByInterface': 2, uploads: 6, uploadSeconds: expect.closeTo(1.2), 'failed AccessDenied': 2 },
    });
  });

  test('that was settled is not counted again by whoever looks at it later', () => {
    const { look, counters, record, storeRecord, takeOver } = operator();
    look(2 * MINUTE, aReport(record, { ...done, ledger: ledger({ captured: 9, uploaded: 9 }), work: work('p', 1) }));
    const { ...before } = counters.totals;
    storeRecord();
    takeOver();
    look(3 * MINUTE);
    takeOver();
    look(4 * MINUTE, undefined);
    expect(counters.totals).toEqual(before);
  });

  test('that another one superseded is counted to its end, beside the other', () => {
    const { look, counters, record, storeRecord } = operator();
    look(3000, aReport(record, { ledger: ledger({ captured: 10 }) }));
    storeRecord();
    const newer = look(4000, undefined, { capture: aCapture({ filter: 'udp' }, { generation: 2 }) });
    storeRecord();
    expect([newer.record?.draining?.id, newer.record?.run.id]).toEqual([record.run.id, expect.not.stringMatching(record.run.id)]);
    look(6000, aReport(record, { ...done, number: 9, stopReason: 'Superseded', ledger: ledger({ captured: 12, uploaded: 12 }) }));
    expect(counters.totals).toMatchObject({ capturedPackets: 12, uploadedPackets: 12, complete: 1 });
  });

  test('forgets no packet and keeps no run that its record forgot', () => {
    const op = operator();
    op.look(3000, aReport(op.record, { ledger: ledger({ captured: 10 }), work: work('p', 1) }));
    for (let n = 0; n < 20; n += 1) op.look(4000 + n, aReport(op.record, { number: n + 2, ledger: ledger({ captured: 10 }), work: work(`p${n}`, 1) }));
    expect(op.remembered).toEqual({ runs: [op.record.run.id], nodes: [`${op.record.run.id}/node-a`] });
    expect(op.counters.totals['uploads']).toBe(21);
  });
});

describe('what is lost', () => {
  const gone = { node: () => undefined, nodeIsGone: () => true };

  test('with a node is counted when the run is settled, and then once', () => {
    const { look, counters, record, storeRecord, takeOver } = operator();
    look(MINUTE, aReport(record, { time: at(MINUTE), ledger: ledger({ captured: 10, uploaded: 4 }) }));
    look(2 * MINUTE, undefined, { pods: [], ...gone });
    expect(counters.totals).toMatchObject({ capturedPackets: 10, uploadedPackets: 4 });
    const plan = look(10 * MINUTE, undefined, { pods: [], ...gone });
    expect(recordOf(plan).run.result).toMatchObject({ outcome: 'Failed', reason: 'NodeLost' });
    storeRecord();
    takeOver();
    look(11 * MINUTE, undefined, { pods: [], ...gone });
    expect(counters.totals).toMatchObject({ 'lost SpoolLost': 6, failed: 1, gaps: 1 });
  });

  test('for the time being with a node of a run that goes on is not', () => {
    const { record } = operator();
    const [node] = record.run.nodes;
    const lost = { ...record.run, nodes: [{ ...node, report: aReport(record, { ledger: ledger({ captured: 10, uploaded: 4 }) }), lost: { reason: 'NodeLost', time: at(MINUTE) } }] } as Run;
    expect([totalsOf(lost).discards, amountsOf(lost).lost]).toEqual([{ SpoolLost: 6 }, { DroppedByKernel: 0, DroppedByInterface: 0 }]);
    const late = { ...lost, nodes: lost.nodes.map(({ report, ...rest }) => ({ ...rest, report: { ...(report as Report), ledger: ledger({ captured: 10, uploaded: 10 }) } })) };
    const settled = { ...late, result: { outcome: 'Failed' as const, reason: 'NodeLost', message: '', completionTime: at(2 * MINUTE) } };
    expect(amountsOf(settled)).toMatchObject({ numbers: { uploadedPackets: 10, failed: 1 }, lost: { SpoolLost: 0 } });
  });

  test('of a bucket that is down for long is not: the run fails for the time being, and completes', () => {
    const { look, counters, record } = operator();
    const stopped = { stopReason: 'Duration', stopTime: at(2 * MINUTE), phase: 'Draining', delivery: { ok: false, reason: 'BucketUnreachable' } };
    look(2 * MINUTE, aReport(record, { ...stopped, ledger: ledger({ captured: 10 }) }));
    expect(look(20 * MINUTE).status?.phase).toBe('Failed');
    expect(counters.totals).toEqual({ capturedPackets: 10, capturedBytes: 1000, started: 1 });
    look(30 * MINUTE, aReport(record, { ...done, number: 2, ledger: ledger({ captured: 10, uploaded: 10 }) }));
    expect(counters.totals).toEqual({ capturedPackets: 10, capturedBytes: 1000, uploadedPackets: 10, uploadedBytes: 1000, started: 1, complete: 1 });
  });

  test('and was told in a status before a takeover is not counted again, whoever has the newer report first', () => {
    const lossy = (packets: number, number: number): Partial<Report> => ({ number, ledger: ledger({ captured: 100, discarded: packets, droppedByKernel: packets }), discards: { SpoolFull: packets } });
    for (const isFresh of [true, false]) {
      const { look, counters, record, storeRecord, takeOver, writeStatus } = operator();
      look(3000, aReport(record, lossy(5, 1)));
      storeRecord();
      look(MINUTE, aReport(record, lossy(30, 2)));
      writeStatus();
      takeOver();
      // A log that could not be read in time: then the stored record is all there is.
      if (!isFresh) look(MINUTE, aReport(record, lossy(5, 1)));
      look(MINUTE + 1000, aReport(record, lossy(37, 3)));
      expect(counters.totals).toMatchObject({ 'lost SpoolFull': 37, 'lost DroppedByKernel': 37, capturedPackets: 100 });
    }
  });
});

describe('uploads', () => {
  test('begin at 0 with each process of an agent', () => {
    const { look, counters, record } = operator();
    look(3000, aReport(record, { work: work('a', 5, { ClockSkew: 1 }) }));
    look(4000, aReport(record, { number: 2, work: work('b', 2, { ClockSkew: 3 }) }));
    expect(counters.totals).toMatchObject({ uploads: 7, 'failed ClockSkew': 4 });
  });

  test('that an agent made before this operator first looked are another one’s, unless nobody had heard of it', () => {
    const { look, counters, record, storeRecord, takeOver } = operator();
    look(3000, aReport(record, { work: work('a', 5) }));
    storeRecord();
    takeOver();
    look(4000, aReport(record, { number: 2, work: work('a', 7) }));
    look(5000, aReport(record, { number: 3, work: work('a', 8) }));
    expect(counters.totals).toMatchObject({ uploads: 6 });
    const unheard = operator();
    unheard.look(5000, aReport(record, { number: 3, work: work('a', 8) }));
    expect(unheard.counters.totals).toMatchObject({ uploads: 8 });
  });

  test('of an agent of another version are counted as far as they are understood, or not at all', () => {
    const { look, counters, record } = operator();
    look(3000, aReport(record, { work: { ...work('a', 5, { Newer: 1 }), uploads: { counts: [3], seconds: 1, errors: { Newer: 1 } } } }));
    look(4000, aReport(record, { number: 2 }));
    expect(counters.totals).toEqual({ started: 1, 'failed Newer': 1 });
  });

  test('are no part of the record: what no decision needs is not written', () => {
    const { look, record } = operator();
    expect(recordOf(look(3000, aReport(record, { work: work('a', 5) }))).run.nodes[0]?.report).not.toHaveProperty('work');
  });
});

/** What a run does from one look to the next. */
const step = fc.record({
  captured: fc.nat(1000),
  uploaded: fc.nat(1000),
  released: fc.nat(20),
  overwrote: fc.nat(20),
  spoolFull: fc.nat(20),
  drops: fc.nat(5),
  gaps: fc.nat(2),
  suspensions: fc.nat(2),
  uploads: fc.nat(5),
  errors: fc.nat(3),
  restarts: fc.boolean(),
  losesSpool: fc.nat(20).map((n) => n === 0),
});
const written = fc.constantFrom('nothing', 'status', 'record', 'both');
const steps = fc.array(fc.record({ does: step, looks: fc.nat(2), written, takenOver: fc.boolean() }), { minLength: 1, maxLength: 15 });

/** An agent whose account grows as it is told. */
class AgentModel {
  readonly sums: Record<string, number> = {};
  private packets = { captured: 0, uploaded: 0, discarded: 0, released: 0, droppedByKernel: 0, droppedByInterface: 0 };
  private discards: Record<string, number> = {};
  private gaps = { count: 0, seconds: 0, suspended: { count: 0, seconds: 0 } };
  private work = work('p0', 0);
  private spool = 0;
  private process = 0;
  private number = 0;

  constructor(private readonly record: RunRecord) {}

  does(what: typeof step extends fc.Arbitrary<infer T> ? T : never): void {
    if (what.losesSpool) {
      const { captured, uploaded, discarded } = this.packets;
      this.count('lost SpoolLost', captured - uploaded - discarded);
      // A new spool counts from 0, and begins a new attempt.
      [this.packets, this.discards, this.gaps] = [{ captured: 0, uploaded: 0, discarded: 0, released: 0, droppedByKernel: 0, droppedByInterface: 0 }, {}, { count: 0, seconds: 0, suspended: { count: 0, seconds: 0 } }];
      this.spool += 1;
    }
    if (what.restarts || what.losesSpool) this.work = work(`p${(this.process += 1)}`, 0);
    const { packets, gaps } = this;
    packets.captured += this.count('capturedPackets', what.captured);
    this.count('capturedBytes', what.captured * 100);
    const room = (wanted: number): number => Math.min(wanted, packets.captured - packets.uploaded - packets.discarded);
    const uploaded = this.count('uploadedPackets', room(what.uploaded));
    this.count('uploadedBytes', uploaded * 100);
    packets.uploaded += uploaded;
    for (const [reason, wanted] of [['Released', what.released], ['RingOverwrote', what.overwrote], ['SpoolFull', what.spoolFull]] as const) {
      const packetsGone = this.count(reason === 'Released' ? 'releasedPackets' : `lost ${reason}`, room(wanted));
      packets.discarded += packetsGone;
      if (reason === 'Released') packets.released += packetsGone;
      else this.discards = { ...this.discards, [reason]: (this.discards[reason] ?? 0) + packetsGone };
    }
    packets.droppedByKernel += this.count('lost DroppedByKernel', what.drops);
    const suspended = { count: gaps.suspended.count + what.suspensions, seconds: gaps.suspended.seconds + what.suspensions };
    this.gaps = { count: gaps.count + this.count('gaps', what.gaps) + what.suspensions, seconds: gaps.seconds + this.count('gapSeconds', what.gaps * 2) + what.suspensions, suspended };
    this.work = work(this.work.process, (this.work.uploads.counts[2] ?? 0) + this.count('uploads', what.uploads), { ClockSkew: (this.work.uploads.errors['ClockSkew'] ?? 0) + this.count('failed ClockSkew', what.errors) });
  }

  report(overrides: Partial<Report> = {}): Report {
    const { discards, gaps } = this;
    // Of what it says last nothing is missing when a new spool begins: that is no gap.
    return aReport(this.record, { time: at(1000), number: (this.number += 1), attempt: 1 + this.spool, spool: `s${this.spool}`, ledger: ledger(this.packets), discards, gaps, work: this.work, ...overrides });
  }

  /** Its last words: the rest is delivered. */
  end(): Report {
    const { captured, uploaded, discarded } = this.packets;
    const rest = this.count('uploadedPackets', captured - uploaded - discarded);
    this.count('uploadedBytes', rest * 100);
    this.packets.uploaded += rest;
    return this.report(done);
  }

  private count(key: string, n: number): number {
    if (n > 0) this.sums[key] = (this.sums[key] ?? 0) + n;
    return n;
  }
}

/** `isCareful`: all is written before another operator takes over. */
function play(all: typeof steps extends fc.Arbitrary<infer T> ? T : never, isCareful: boolean) {
  const op = operator();
  const agent = new AgentModel(op.record);
  let nowMs = 2000;
  op.look(nowMs, agent.report());
  op.storeRecord();
  for (const { does, looks, written: what, takenOver } of all) {
    agent.does(does);
    const report = agent.report();
    for (let n = 0; n <= looks; n += 1) op.look((nowMs += 500), report);
    // A lost spool is a turn of its run: the record is written in that very look.
    if (what === 'record' || what === 'both' || does.losesSpool || (takenOver && isCareful)) op.storeRecord();
    if (what === 'status' || what === 'both' || (takenOver && isCareful)) op.writeStatus();
    if (!takenOver) continue;
    op.takeOver();
    op.look((nowMs += 500), report);
  }
  op.look(2 * MINUTE, agent.end());
  op.storeRecord();
  op.takeOver();
  op.look(3 * MINUTE);
  const { started, complete, failed, ...counted } = op.counters.totals;
  expect({ started, ended: (complete ?? 0) + (failed ?? 0), startSeconds: op.counters.startSeconds }).toEqual({ started: 1, ended: 1, startSeconds: [1] });
  const { uploadSeconds = 0, ...rest } = counted as Record<string, number>;
  return { counted: rest, uploadSeconds, sums: agent.sums };
}

test('whatever happens and whoever looks, the sum of all increments is the final account, where what was counted was written before a takeover', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const { counted, uploadSeconds, sums } = play(all, true);
      expect(counted).toEqual(sums);
      expect(uploadSeconds).toBeCloseTo((sums['uploads'] ?? 0) * 0.2);
    }),
    { numRuns: 40 },
  );
});

test('where it was not, nothing that the record tells is missing', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const { counted, sums } = play(all, false);
      for (const key of ['capturedPackets', 'capturedBytes', 'uploadedPackets', 'uploadedBytes', 'releasedPackets', 'gaps', 'gapSeconds', 'lost DroppedByKernel']) expect(counted[key] ?? 0).toBeGreaterThanOrEqual(sums[key] ?? 0);
      const lost = (of: Record<string, number>): number => Object.entries(of).reduce((sum, [key, n]) => (key.startsWith('lost ') ? sum + n : sum), 0);
      expect(lost(counted)).toBeGreaterThanOrEqual(lost(sums));
    }),
    { numRuns: 40 },
  );
});
