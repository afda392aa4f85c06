// Many targets in reports that have room for a few: whatever an operator happens to read, it ends up with the agent's own numbers.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ReportBody } from '../../../../src/agent/report/build.js';
import { ReportWriter } from '../../../../src/agent/report/writer.js';
import type { RecordNode } from '../../../../src/plan/record.js';
import { withReport } from '../../../../src/plan/totals.js';
import { heard } from '../../../../src/protocol/heard.js';
import { addLedgers, emptyLedger, type Ledger } from '../../../../src/protocol/ledger.js';
import { REPORT_MAX_BYTES, REPORT_TAG, TERMINATION_MAX_BYTES, type ReportedTarget } from '../../../../src/protocol/report.js';

const TARGETS = 50;
/** As many lines as the operator reads of a log. */
const TAIL_LINES = 16;
const WORK = { process: 'f'.repeat(16), uploads: { counts: Array.from({ length: 12 }, () => 1234), seconds: 1234.567, errors: { BucketUnreachable: 12 } }, spool: { usedBytes: 10 * 2 ** 30, maxBytes: 10 * 2 ** 30 } };
const START_MS = Date.UTC(2026, 10, 20, 3, 5, 12);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'many-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const names = Array.from({ length: TARGETS }, (_, n) => `${`web-${n}-`.padEnd(63, 'x')}_${String(n).padStart(8, '0')}`);

function ledger(captured: number, uploaded: number): Ledger {
  const pending = captured - uploaded;
  return { packets: { ...emptyLedger().packets, captured, uploaded, pending }, files: { captured: 9, uploaded: 9, pending: 0, discarded: 0 }, bytes: { captured: captured * 1e6, uploaded: uploaded * 1e6, pending: pending * 1e6, discarded: 0 } };
}

/** An agent whose targets change at random, and its log. */
class Agent {
  readonly lines: string[] = [];
  targets: ReportedTarget[] = names.map((name) => ({ name, state: 'Pending', ledger: emptyLedger() }));
  private nowMs = 0;
  private readonly writer = new ReportWriter(0, join(folder, 'termination'), { now: () => START_MS, monotonic: () => this.nowMs }, (text) => void this.lines.push(...text.trimEnd().split('\n')), { warn: () => undefined });

  body(done: boolean): ReportBody {
    const times = { captureStartTime: '2026-11-20T03:05:12.000Z', ...(done && { stopTime: '2026-11-20T03:09:12.000Z', stopReason: 'Requested' }) };
    return {
      ...{ report: REPORT_TAG, version: 1, runID: 'r', node: 'n', podUID: 'p', attempt: 1, spool: 's', phase: done ? 'Done' : 'Capturing', discards: {}, snapshots: [], done, ...times },
      ...{ ledger: this.targets.map((t) => t.ledger).reduce(addLedgers), gaps: { count: 0, seconds: 0, suspended: { count: 0, seconds: 0 } }, targets: this.targets, targetCount: TARGETS },
      recentFiles: names.slice(0, 10).map((target) => ({ key: `clusters/prod/shop/web-resets/20261120T030512Z-1a2b3c/${target}/01-000001_20261120T030512Z.pcap`, target, size: 1, sha256: 'a'.repeat(64), packets: 1 })),
    };
  }

  /** A second in which some targets captured, and some change their state. */
  second(busy: number[], changed: number[]): void {
    this.targets = this.targets.map((target, n) => {
      const { captured, uploaded } = target.ledger.packets;
      const grown = busy.includes(n) ? ledger(captured + 12_345, uploaded + 1234) : target.ledger;
      return { ...target, ledger: grown, ...(changed.includes(n) && { state: target.state === 'Capturing' ? 'Pending' : 'Capturing', message: 'm'.repeat(200) }) };
    });
    this.nowMs += 1000;
    this.writer.write(this.body(false), undefined, WORK);
  }

  end(): void {
    this.targets = this.targets.map((target) => ({ ...target, state: 'Ended', stopReason: 'Requested', ledger: ledger(target.ledger.packets.captured, target.ledger.packets.captured) }));
    this.writer.write(this.body(true), undefined, WORK);
  }
}

const known = (node: RecordNode) => new Map(node.report?.targets.map(({ name, state, ledger: l }) => [name, { state, ledger: l }]));
const own = (agent: Agent) => new Map(agent.targets.map(({ name, state, ledger: l }) => [name, { state, ledger: l }]));

const seconds = fc.array(fc.record({ busy: fc.uniqueArray(fc.nat(TARGETS - 1)), changed: fc.uniqueArray(fc.nat(TARGETS - 1), { maxLength: 5 }), isRead: fc.boolean() }), { maxLength: 12 });

test('after the end every target has its own numbers, and their sum is the total, whatever was read before', () => {
  fc.assert(
    fc.property(seconds, (steps) => {
      const agent = new Agent();
      let node = { lostSpools: [] } as unknown as RecordNode;
      const read = (): void => void (node = withReport(node, heard(agent.lines.slice(-TAIL_LINES).join('\n'), 'r', 'p'), agent.targets));
      for (const { busy, changed, isRead } of steps) {
        agent.second(busy, changed);
        if (isRead) read();
      }
      agent.end();
      read();
      expect(known(node)).toEqual(own(agent));
      expect(node.report?.targets.map((t) => t.ledger).reduce(addLedgers)).toEqual(node.report?.ledger);
      expect(node.report?.done).toBe(true);
      for (const line of agent.lines) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(REPORT_MAX_BYTES - 1);
      expect(readFileSync(join(folder, 'termination')).length).toBeLessThanOrEqual(TERMINATION_MAX_BYTES);
    }),
    { numRuns: 30 },
  );
});

test('while it captures, every state is known a few seconds after it was', () => {
  const agent = new Agent();
  for (let n = 0; n < 20; n += 1) agent.second([n, n + 1, n + 2], []);
  agent.second([], [7]);
  const changed = heard(agent.lines.at(-1) ?? '', 'r', 'p');
  expect(changed?.targets.find(({ name }) => name === names[7])?.state).toBe('Capturing');
  for (let n = 0; n < 10; n += 1) agent.second([], []);
  const all = heard(agent.lines.slice(-TAIL_LINES).join('\n'), 'r', 'p');
  expect(new Map(all?.targets.map(({ name, state, ledger: l }) => [name, { state, ledger: l }]))).toEqual(own(agent));
});

test('once all is told, nothing more is said', () => {
  const agent = new Agent();
  agent.second([1], [2]);
  for (let n = 0; n < 20; n += 1) agent.second([], []);
  const said = agent.lines.length;
  agent.second([], []);
  expect(agent.lines).toHaveLength(said);
  expect(said).toBeLessThan(15);
});
