// Any mix of settings, arrivals, upload delays, snapshots, suspensions and kills keeps every bound and every balance, on real files.
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DISCARD_REASON } from '../../../src/api/reasons.js';
import { balances } from '../../../src/protocol/ledger.js';
import { AgentModel, type Settings } from './model/agent.js';
import { BucketModel } from './model/bucket.js';
import { numbersIn } from './model/tcpdump.js';

const KB = 1000;
/** What the bounds leave room for between two looks; the largest record that may follow a full file is counted besides. */
const betweenLooks = ({ fileSizeBytes, targets }: Settings): number => fileSizeBytes / targets.length;

const settings: fc.Arbitrary<Settings> = fc.record({
  policy: fc.constantFrom('Continuous' as const, 'OnDemand' as const),
  files: fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined }),
  fileSizeBytes: fc.integer({ min: 20 * KB, max: 60 * KB }),
  spoolBytes: fc.integer({ min: 900 * KB, max: 1400 * KB }),
  targets: fc.constantFrom(['a'], ['a', 'b']),
});

const target = fc.constantFrom('a', 'b');
const step = fc.oneof(
  { weight: 12, arbitrary: fc.record({ kind: fc.constant('write' as const), target, share: fc.double({ min: 0.01, max: 1, noNaN: true }), packets: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('upload' as const), nth: fc.nat(50), unreadable: fc.integer({ min: 0, max: 9 }).map((n) => n === 0) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('snapshot' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('suspend' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('die' as const), target }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('crash' as const), share: fc.double({ min: 0, max: 1, noNaN: true }), torn: fc.option(target, { nil: undefined }), arrived: fc.option(fc.nat(50), { nil: undefined }) }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** What must hold after every look. */
function check(agent: AgentModel, bucket: BucketModel, { policy, files: most, spoolBytes, targets }: Settings): void {
  const { state } = agent;
  const open = agent.openFiles();
  expect(agent.diskBytes).toBeLessThanOrEqual(spoolBytes);

  const { total, targets: ledgers } = agent.ledgers();
  for (const ledger of [total, ...ledgers.values()]) expect([ledger.packets, ledger.files, ledger.bytes].map(balances)).toEqual([true, true, true]);
  for (const name of targets) expect(ledgers.get(name)?.packets.captured ?? 0).toBe(agent.written.get(name) ?? 0);
  const numbers = bucket.numbers;
  expect(new Set(numbers).size).toBe(numbers.length);
  expect(total.packets.discarded).toBe(total.packets.released + Object.values(state.discards).reduce((sum, packets) => sum + packets, 0));
  expect(state.discards[DISCARD_REASON.released]).toBeUndefined();
  if (policy === 'Continuous') expect(total.packets.released).toBe(0);

  for (const name of targets) {
    const closed = Object.values(state.pending).filter((file) => file.target === name && (policy === 'Continuous' || !agent.isWanted(file)));
    if (most !== undefined && open.has(name)) expect(closed.length + 1).toBeLessThanOrEqual(most);
  }
  checkSnapshots(agent);
}

function checkSnapshots({ state }: AgentModel): void {
  const counted = new Set<string>();
  for (const { token, ranges, captured, uploaded, discarded, completionMs } of state.snapshots) {
    const pending = Object.entries(state.pending).filter(([, f]) => f.sequence > (ranges[f.target]?.after ?? Infinity) && f.sequence <= (ranges[f.target]?.upTo ?? 0));
    for (const [id] of pending) {
      expect(counted.has(id)).toBe(false);
      counted.add(id);
    }
    const packets = pending.reduce((sum, [, f]) => sum + f.packets, 0);
    expect({ token, sum: uploaded + discarded + packets }).toEqual({ token, sum: captured });
    if (completionMs !== undefined) expect(packets).toBe(0);
  }
}

async function live(agent: AgentModel, bucket: BucketModel, set: Settings, steps: Step[]): Promise<void> {
  let tokens = 0;
  for (const s of steps) {
    if (s.kind === 'write') {
      const bytes = Math.max(4, Math.floor((s.share * betweenLooks(set)) / s.packets) - 16);
      if (set.targets.includes(s.target)) agent.write(s.target, s.packets, bytes);
      expect(agent.diskBytes).toBeLessThanOrEqual(set.spoolBytes);
    } else if (s.kind === 'upload') await agent.settle(s.nth, s.unreadable);
    else if (s.kind === 'snapshot') agent.control.snapshot = { token: `${(tokens += 1)}` };
    else if (s.kind === 'suspend') agent.control.suspend = !agent.control.suspend;
    else if (s.kind === 'die') await agent.die(s.target);
    else await agent.crash(s.share, s.torn, s.arrived);
    await agent.look();
    check(agent, bucket, set);
  }
  await agent.stop();
}

test('any mix of settings, arrivals, delays, failures, snapshots, suspensions and kills', async () => {
  await fc.assert(
    fc.asyncProperty(settings, fc.array(step, { minLength: 20, maxLength: 90 }), async (set, steps) => {
      const bucket = new BucketModel();
      const agent = new AgentModel(set, bucket);
      try {
        await agent.start();
        await agent.look();
        await live(agent, bucket, set, steps);
        check(agent, bucket, set);
        const { packets, files } = agent.ledgers().total;
        expect([packets.pending, files.pending]).toEqual([0, 0]);
        expect(bucket.heard.flatMap(numbersIn)).toHaveLength(packets.uploaded);
        expect(bucket.heard).toHaveLength(files.uploaded);
        expect(agent.state).toMatchObject({ pending: {}, leaving: {}, cuts: {} });
        expect(agent.state.snapshots.every((s) => s.completionMs !== undefined)).toBe(true);
        expect(agent.savefiles).toEqual([]);
      } finally {
        await agent.remove();
      }
    }),
    { numRuns: 40, endOnFailure: true },
  );
}, 120_000);

test('a recorder goes by thousands of files with as many entries as its ring has', async () => {
  const set: Settings = { policy: 'OnDemand', files: 4, fileSizeBytes: 2 * KB, spoolBytes: 8000 * KB, targets: ['a'] };
  const bucket = new BucketModel();
  const agent = new AgentModel(set, bucket);
  try {
    await agent.start();
    await agent.look();
    for (let n = 1; n <= 1500; n += 1) {
      agent.write('a', 6, 1000);
      if (n % 50 === 0) agent.control.snapshot = { token: `${n}` };
      await agent.look();
      while (bucket.waiting.length > 0) await agent.settle(0);
    }
    const { pending, leaving, cuts, snapshots, unsealed, gaps } = agent.state;
    expect(agent.ledgers().total.files.captured).toBeGreaterThan(3000);
    expect(Object.keys(pending).length).toBeLessThanOrEqual(3);
    expect([Object.keys(leaving), snapshots.length, gaps.newest]).toEqual([[], 20, []]);
    expect(Object.keys(cuts).length).toBeLessThanOrEqual(1);
    // What was delivered, and nothing of what went by.
    expect(unsealed).toHaveLength(bucket.objects.size);
    expect(agent.ledgers().total.packets.released).toBeGreaterThan(8000);
    check(agent, bucket, set);
  } finally {
    await agent.remove();
  }
}, 120_000);
