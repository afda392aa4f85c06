// The oracle of the fault suite catches what it is for: each thing that must not be, shown to it on its own.
import { describe, expect, test } from '@jest/globals';
import { emptyLedger, type Ledger } from '../../../src/protocol/ledger.js';
import { judge, type Allowed } from '../../faults/oracle/judge.js';
import type { Evidence, StoredFile, WholeManifest } from '../../faults/oracle/evidence.js';

const TARGET = 'web-0_12345678';
const START_MS = Date.parse('2026-11-20T03:05:12Z');
const iso = (ms: number): string => new Date(START_MS + ms).toISOString();
const numbers = (from: number, until: number): number[] => Array.from({ length: until - from }, (_, index) => from + index);

interface Stretch {
  from: number;
  until: number;
  state: 'uploaded' | 'discarded' | 'gap' | 'dropped' | 'released';
  /** Bends what the product says or the bucket holds. */
  bend?: { claimed?: number; stored?: number[]; reason?: string; gapMs?: [number, number]; manifest?: 'without' | 'other sha256'; bucket?: 'without'; mayBeThere?: 'is' | 'is not' | 'is another' };
}

/** One packet a millisecond, number n at n ms; what became of each stretch of them. */
function evidence(...stretches: Stretch[]): Evidence {
  const ledger: Ledger = emptyLedger();
  const stored: StoredFile[] = [];
  const manifest: WholeManifest = { schemaVersion: 1, runID: 'r', capture: { namespace: 'shop', name: 'web', uid: 'c' }, node: 'node-a', attempt: 1, spool: 's', writtenTime: iso(0), final: true, tcpdump: { version: '', argv: [] }, ledger, discards: {}, targets: [], gaps: [], snapshots: [], files: [], segments: [], targetSegments: [], allFiles: [] };
  const disturbances = [];
  const count = (unit: 'packets' | 'files', state: 'uploaded' | 'discarded', amount: number): void => {
    ledger[unit].captured += amount;
    ledger[unit][state] += amount;
  };
  for (const [index, { from, until, state, bend = {} }] of stretches.entries()) {
    const packets = bend.claimed ?? until - from;
    const file = { target: TARGET, attempt: 1, sequence: index + 1, size: 100, packets, openedTime: iso(from), firstPacketTime: iso(from), lastPacketTime: iso(until - 1), key: `run/${TARGET}/01-00000${index + 1}.pcap` };
    if (state === 'uploaded') {
      const inFile = bend.stored ?? numbers(from, until);
      if (bend.bucket !== 'without') stored.push({ key: file.key, target: TARGET, size: 100, sha256: 'a', packets: inFile.length, numbers: inFile });
      if (bend.manifest !== 'without') manifest.allFiles.push({ ...file, state, sha256: bend.manifest === 'other sha256' ? 'b' : 'a' });
      count('packets', 'uploaded', packets);
      count('files', 'uploaded', 1);
    } else if (state === 'discarded') {
      const reason = bend.reason ?? 'SpoolFull';
      const { key, ...entry } = file;
      manifest.allFiles.push({ ...entry, ...(bend.mayBeThere && { key, sha256: 'a' }), state, reason });
      if (bend.mayBeThere && bend.mayBeThere !== 'is not') stored.push({ key, target: TARGET, size: 100, sha256: bend.mayBeThere === 'is' ? 'a' : 'b', packets, numbers: bend.stored ?? numbers(from, until) });
      manifest.discards[reason] = (manifest.discards[reason] ?? 0) + packets;
      count('packets', 'discarded', packets);
      count('files', 'discarded', 1);
    } else if (state === 'gap') {
      const [fromMs, toMs] = bend.gapMs ?? [from, until];
      manifest.gaps.push({ target: TARGET, from: iso(fromMs), to: iso(toMs), reason: bend.reason ?? 'TcpdumpDied' });
      disturbances.push({ fromMs: START_MS + from, toMs: START_MS + until });
    } else if (state === 'dropped') ledger.packets.droppedByKernel += packets;
    else if (state === 'released') {
      count('packets', 'discarded', packets);
      ledger.packets.released += packets;
    }
  }
  const gapSeconds = manifest.gaps.reduce((sum, gap) => sum + (Date.parse(gap.to) - Date.parse(gap.from)) / 1000, 0);
  return {
    sent: numbers(0, Math.max(...stretches.map(({ until }) => until))).map((number) => ({ number, target: TARGET, fromMs: START_MS + number, untilMs: START_MS + number })),
    stored,
    manifests: [manifest],
    stated: { ledger: structuredClone(ledger), gaps: { count: manifest.gaps.length, seconds: gapSeconds }, discards: { ...manifest.discards } },
    disturbances,
    spool: { peakBytes: 1e6, boundBytes: 2e6 },
    peakMemoryBytes: 100e6,
  };
}

const ALL: Allowed = { gaps: ['TcpdumpDied'], discards: ['SpoolFull'], drops: true };
const uploaded = (from: number, until: number, bend: Stretch['bend'] = {}): Stretch => ({ from, until, state: 'uploaded', bend });
const found = (e: Evidence, allowed = ALL): string => judge(e, allowed).violations.join('\n');

describe('the oracle is content', () => {
  test('where every number is in the bucket once', () => {
    expect(judge(evidence(uploaded(0, 500), uploaded(500, 1000)), {})).toMatchObject({ sent: 1000, uploaded: 1000, reportedLost: 0, inGaps: 0, unexplained: 0, duplicated: 0, violations: [] });
  });
  test('where what is missing is discarded, dropped, or in a gap, and says so', () => {
    const e = evidence(uploaded(0, 200), { from: 200, until: 300, state: 'discarded' }, { from: 300, until: 450, state: 'gap' }, { from: 450, until: 500, state: 'dropped' }, uploaded(500, 1000));
    expect(judge(e, ALL)).toMatchObject({ sent: 1000, uploaded: 700, unexplained: 0, violations: [] });
    expect(judge(e, ALL).reportedLost + judge(e, ALL).inGaps).toBe(300);
  });
  test.each(['is', 'is not'] as const)('where an object that was sent and given up %s there, and its entry says that it may be', (mayBeThere) => {
    const e = evidence(uploaded(0, 500), { from: 500, until: 600, state: 'discarded', bend: { mayBeThere } }, uploaded(600, 700));
    expect(judge(e, ALL)).toMatchObject({ uploaded: 600, reportedLost: 100, unexplained: 0, duplicated: 0, violations: [] });
  });
  test('where a flight recorder let go what it was meant to', () => {
    expect(found(evidence({ from: 0, until: 300, state: 'released' }, uploaded(300, 400)))).toBe('');
  });
});

describe('of a spool that was lost, the oracle', () => {
  const gap = { target: TARGET, fromMs: START_MS + 500, toMs: START_MS + 600 };
  /** Numbers 500 to 600 came after the last report of a spool that was lost. */
  const lost = ({ unheard = [gap], seconds = 0.1, disturbedMs = 500 } = {}): Evidence => {
    const e = evidence(uploaded(0, 500), uploaded(600, 700));
    e.stated = { ...e.stated, discards: { SpoolLost: 0 }, unheard, gaps: { count: unheard.length, seconds } };
    e.disturbances = [{ fromMs: START_MS + disturbedMs, toMs: START_MS + disturbedMs + 100 }];
    e.sent = e.sent.filter(({ number }) => number < 700);
    return e;
  };
  const allowed: Allowed = { gaps: ['SpoolLost'], discards: ['SpoolLost'] };
  test('takes what came after its last report for a gap that only the status has', () => {
    expect(judge(lost(), allowed)).toMatchObject({ inGaps: 100, unexplained: 0, violations: [] });
  });
  test('catches a status without that gap or with another, one for which nothing is to blame, and packets before it', () => {
    expect(judge(lost({ unheard: [], seconds: 0 }), allowed)).toMatchObject({ unexplained: 100 });
    expect(found(lost({ seconds: 0.3 }), allowed)).toMatch(/with those of lost spools of 0.100 s, the status 1 of 0.3 s/);
    expect(found(lost({ disturbedMs: 20_000 }), allowed)).toMatch(/longer than what went wrong/);
    expect(found(lost(), {})).toMatch(/SpoolLost\) has a reason that this fault must not give/);
    expect(judge(lost({ unheard: [{ ...gap, fromMs: gap.fromMs + 20 }], seconds: 0.08 }), allowed).unexplained).toBe(19);
  });
});

describe('the oracle catches', () => {
  test('a lost packet', () => {
    const e = evidence(uploaded(0, 500, { claimed: 499, stored: numbers(0, 500).filter((n) => n !== 123) }));
    expect(judge(e, ALL)).toMatchObject({ unexplained: 1 });
    expect(found(e)).toMatch(/1 packets are nowhere, such as 123/);
  });
  test('a packet that is there twice', () => {
    const e = evidence(uploaded(0, 500), uploaded(500, 600, { claimed: 101, stored: [499, ...numbers(500, 600)] }));
    expect(judge(e, ALL)).toMatchObject({ duplicated: 1 });
    expect(found(e)).toMatch(/more than once, such as 499/);
  });
  test('a packet that nobody sent', () => {
    expect(found(evidence(uploaded(0, 10, { claimed: 11, stored: [...numbers(0, 10), 77] })))).toMatch(/never sent, such as 77/);
  });
  test('a count that is wrong, in a manifest and in the status', () => {
    expect(found(evidence(uploaded(0, 500, { claimed: 501 })))).toMatch(/the manifest says 100 bytes, 501 packets[^]*the status has 501 packets/);
    const e = evidence(uploaded(0, 500));
    e.stated.ledger.packets.uploaded = 400;
    expect(found(e)).toMatch(/packets do not balance[^]*the status has 400 packets/);
  });
  test('a discard that is not reported', () => {
    const e = evidence(uploaded(0, 500), uploaded(600, 700));
    expect(judge(e, ALL)).toMatchObject({ unexplained: 100 });
  });
  test('a discard that claims more or less than is missing', () => {
    expect(found(evidence(uploaded(0, 500), { from: 500, until: 600, state: 'discarded', bend: { claimed: 60 } }, uploaded(600, 700)))).toMatch(/40 packets are nowhere/);
    expect(found(evidence(uploaded(0, 500), { from: 500, until: 600, state: 'discarded', bend: { claimed: 160 } }, uploaded(600, 700)))).toMatch(/discards claim 160 packets, and only 100/);
  });
  test('more released than is missing', () => {
    expect(found(evidence({ from: 0, until: 300, state: 'released', bend: { claimed: 301 } }, uploaded(300, 400)))).toMatch(/301 packets are released, and only 300/);
  });
  test('more missing than was dropped', () => {
    expect(found(evidence(uploaded(0, 500), { from: 500, until: 600, state: 'dropped', bend: { claimed: 99 } }, uploaded(600, 700)))).toMatch(/1 packets are nowhere/);
  });
  test('a gap that begins too early, ends too late, or for which nothing is to blame', () => {
    const gap = (from: number, to: number): string => found(evidence(uploaded(0, 9000), { from: 9000, until: 9500, state: 'gap', bend: { gapMs: [from, to] } }, uploaded(9500, 19_000)));
    expect(gap(9000, 9500)).toBe('');
    expect(gap(6000, 9500)).toMatch(/longer than what went wrong/);
    expect(gap(9000, 10_100)).toMatch(/longer than what went wrong/);
    expect(gap(0, 1000)).toMatch(/longer than what went wrong/);
    expect(gap(9500, 9000)).toMatch(/ends before it begins/);
  });
  test('a gap, a discard or a drop that the fault must not cost', () => {
    const e = evidence(uploaded(0, 500), { from: 500, until: 600, state: 'gap' }, { from: 600, until: 700, state: 'discarded' }, { from: 700, until: 800, state: 'dropped' });
    expect(found(e, {})).toMatch(/100 packets are discarded \(SpoolFull\)[^]*dropped 100 packets[^]*a reason that this fault must not give/);
    expect(found(e, { ...ALL, longestGapMs: 50 })).toMatch(/longer than 50 ms/);
  });
  test('a packet missing outside its own target\'s gap', () => {
    const e = evidence(uploaded(0, 500), { from: 500, until: 600, state: 'gap' });
    for (const manifest of e.manifests) for (const gap of manifest.gaps) gap.target = 'another_87654321';
    expect(judge(e, ALL)).toMatchObject({ unexplained: 100 });
  });
  test('an object that the manifest does not have, and one that the bucket does not have', () => {
    expect(found(evidence(uploaded(0, 500), uploaded(500, 600, { manifest: 'without' })))).toMatch(/000002.pcap is in the bucket and in no manifest/);
    expect(found(evidence(uploaded(0, 500), uploaded(500, 600, { bucket: 'without' })))).toMatch(/000002.pcap is uploaded, says the manifest, and not in the bucket/);
    expect(found(evidence(uploaded(0, 500, { manifest: 'other sha256' })))).toMatch(/the manifest says 100 bytes, 500 packets, b; the bucket has/);
  });
  test('an object that was given up, and is not what its entry says, or holds what is elsewhere too', () => {
    const givenUp = (bend: NonNullable<Stretch['bend']>): Evidence => evidence(uploaded(0, 500), { from: 500, until: 600, state: 'discarded', bend });
    expect(found(givenUp({ mayBeThere: 'is another' }))).toMatch(/000002.pcap is in the bucket and in no manifest/);
    expect(judge(givenUp({ mayBeThere: 'is', stored: [499, ...numbers(501, 600)] }), ALL)).toMatchObject({ duplicated: 1 });
  });
  test('a manifest that disagrees with the status', () => {
    const e = evidence(uploaded(0, 500), { from: 500, until: 600, state: 'gap' });
    e.stated.gaps.count = 0;
    expect(found(e)).toMatch(/the manifests have 1 gaps of 0.100 s, the status 0/);
    const other = evidence(uploaded(0, 500));
    other.stated.ledger.packets.droppedByKernel = 3;
    expect(found(other)).toMatch(/the manifests' ledger is/);
  });
  test('a run that claims to be over and is not', () => {
    const e = evidence(uploaded(0, 500));
    for (const manifest of e.manifests) manifest.final = false;
    e.stated.ledger.packets.pending = 5;
    e.stated.ledger.packets.captured += 5;
    expect(found(e)).toMatch(/final is false[^]*5 packets are pending/);
  });
  test('a spool or an agent beyond its bound', () => {
    expect(found({ ...evidence(uploaded(0, 10)), spool: { peakBytes: 2e6 + 1, boundBytes: 2e6 } })).toMatch(/spool took 2000001 bytes/);
    expect(found({ ...evidence(uploaded(0, 10)), peakMemoryBytes: 300 * 2 ** 20 })).toMatch(/bytes of memory/);
  });
});
