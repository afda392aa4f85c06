// Every number that was sent, explained: in the bucket, in a reported gap, in a reported discard, or one of the reported drops.
import type { Evidence, SentPacket, StoredFile, WholeManifest } from './evidence.js';

/** A clock reading in whole milliseconds stands for up to the next one. */
const TICK_MS = 1;

interface Interval {
  target: string;
  fromMs: number;
  toMs: number;
}

export interface Account {
  sent: number;
  uploaded: number;
  /** Not in the bucket, and covered by the reported discards and drops. */
  reportedLost: number;
  inGaps: number;
  unexplained: SentPacket[];
  duplicated: number[];
  /** In the bucket, and never sent. */
  invented: number[];
  violations: string[];
}

const covers = (intervals: Interval[], { target, fromMs, untilMs }: SentPacket): boolean =>
  intervals.some((i) => i.target === target && untilMs + TICK_MS >= i.fromMs && fromMs - TICK_MS <= i.toMs);

/** What counts as uploaded: without objects that a discarded file's entry says may be there. They are what it says, and their packets reported as lost. */
export function countedFiles({ stored, manifests }: Pick<Evidence, 'stored' | 'manifests'>): StoredFile[] {
  const doubtful = new Map(newestEntries(manifests).filter(({ state }) => state === 'discarded').map((entry) => [entry.key ?? '', entry]));
  return stored.filter(({ key, size, sha256, packets }) => {
    const entry = doubtful.get(key);
    return entry?.size !== size || entry.sha256 !== sha256 || entry.packets !== packets;
  });
}

export function accountOf({ sent, stored, manifests, stated }: Evidence): Account {
  const times = new Map<string, number>();
  const id = (target: string, number: number): string => `${target}/${number}`;
  for (const { target, numbers } of stored) for (const number of numbers) times.set(id(target, number), (times.get(id(target, number)) ?? 0) + 1);
  const uploaded = new Set(countedFiles({ stored, manifests }).flatMap(({ target, numbers }) => numbers.map((number) => id(target, number))));

  const missing = sent.filter(({ target, number }) => !uploaded.has(id(target, number)));
  const known = new Set(sent.map(({ target, number }) => id(target, number)));
  const found = stored.flatMap(({ target, numbers }) => numbers.map((number) => ({ number, id: id(target, number) })));

  const gaps = [...lastManifests(manifests).flatMap((m) => m.gaps.map(({ target, from, to }) => ({ target, fromMs: Date.parse(from), toMs: Date.parse(to) }))), ...(stated.unheard ?? [])];
  const letGo = newestEntries(manifests).filter(({ state }) => state === 'discarded');
  const ranges = letGo.map(({ target, firstPacketTime = '', lastPacketTime = '' }) => ({ target, fromMs: Date.parse(firstPacketTime), toMs: Date.parse(lastPacketTime) }));

  const violations: string[] = [];
  const places = missing.map((packet) => ({ packet, gap: covers(gaps, packet), discard: covers(ranges, packet) }));
  // On a border between the two a packet may be of either; it is counted for the discards as long as these claim more.
  const claimed = letGo.reduce((sum, { packets }) => sum + packets, 0);
  const discards = pool(claimed);
  const inDiscards = new Set([...places.filter((p) => p.discard && !p.gap), ...places.filter((p) => p.discard && p.gap)].filter(() => discards.take()));
  if (discards.left > 0) violations.push(`discards claim ${claimed} packets, and only ${claimed - discards.left} that were sent then are missing`);

  const inGaps = places.filter((p) => !inDiscards.has(p) && p.gap).length;
  const rest = places.filter((p) => !inDiscards.has(p) && !p.gap);
  // Without a time of their own: what a flight recorder was meant to let go, what went with a lost spool, what tcpdump dropped (an upper bound).
  const { packets } = stated.ledger;
  const released = pool(packets.released);
  const dropped = pool((stated.discards['SpoolLost'] ?? 0) + packets.droppedByKernel + packets.droppedByInterface);
  const unexplained = rest.filter(() => !released.take() && !dropped.take()).map(({ packet }) => packet);
  if (released.left > inGaps) violations.push(`${packets.released} packets are released, and only ${packets.released - released.left} are missing`);

  return {
    sent: sent.length,
    uploaded: sent.length - missing.length,
    reportedLost: inDiscards.size + rest.length - unexplained.length,
    inGaps,
    unexplained,
    duplicated: [...times].filter(([, count]) => count > 1).map(([key]) => Number(key.slice(key.lastIndexOf('/') + 1))),
    invented: found.filter((f) => !known.has(f.id)).map(({ number }) => number),
    violations,
  };
}

/** The last manifest of each spool: it has all of the earlier ones' gaps and entries. */
export function lastManifests(manifests: WholeManifest[]): WholeManifest[] {
  const last = new Map<string, WholeManifest>();
  for (const manifest of manifests) {
    const known = last.get(manifest.spool);
    if (!known || known.attempt < manifest.attempt) last.set(manifest.spool, manifest);
  }
  return [...last.values()].sort((a, b) => a.attempt - b.attempt);
}

/** Each file once: of two entries with one key the one in the highest attempt's manifest counts. */
export function newestEntries(manifests: Evidence['manifests']) {
  const entries = new Map<string, Evidence['manifests'][number]['allFiles'][number]>();
  for (const manifest of [...manifests].sort((a, b) => a.attempt - b.attempt)) {
    for (const file of manifest.allFiles) entries.set(`${manifest.node}/${manifest.spool}/${file.target}/${file.attempt}/${file.sequence}`, file);
  }
  return [...entries.values()];
}

function pool(size: number) {
  return {
    left: size,
    take(): boolean {
      if (this.left === 0) return false;
      this.left -= 1;
      return true;
    },
  };
}
