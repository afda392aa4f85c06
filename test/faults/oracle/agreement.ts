// Whether status, manifests and bucket say the same.
import { addLedgers, balances, emptyLedger, type Ledger } from '../../../src/protocol/ledger.js';
import { countedFiles, lastManifests, newestEntries } from './account.js';
import type { Evidence, WholeManifest } from './evidence.js';

/** A status tells seconds in fewer digits than a manifest's times. */
const SECONDS_TOLERANCE = 0.05;

export function disagreements({ stored: objects, manifests, stated }: Evidence): string[] {
  const stored = countedFiles({ stored: objects, manifests });
  return [...filesAgree(stored, manifests, stated), ...ledgersAgree(stored, manifests, stated), ...gapsAgree(manifests, stated)];
}

const isLost = (stated: Evidence['stated']): boolean => stated.discards['SpoolLost'] !== undefined;

function* filesAgree(stored: Evidence['stored'], manifests: WholeManifest[], stated: Evidence['stated']): Generator<string> {
  const entries = newestEntries(manifests);
  const uploaded = new Map(entries.filter(({ state }) => state === 'uploaded').map((entry) => [entry.key ?? '', entry]));
  for (const { key, size, sha256, packets } of stored) {
    const entry = uploaded.get(key);
    uploaded.delete(key);
    if (!entry) {
      if (!isLost(stated)) yield `${key} is in the bucket and in no manifest as uploaded`;
    } else if (entry.size !== size || entry.sha256 !== sha256 || entry.packets !== packets) {
      yield `${key}: the manifest says ${entry.size} bytes, ${entry.packets} packets, ${entry.sha256}; the bucket has ${size} bytes, ${packets} packets, ${sha256}`;
    }
  }
  for (const key of uploaded.keys()) yield `${key} is uploaded, says the manifest, and not in the bucket`;
  if (manifests.length === 0) yield 'there is no manifest';
  const last = lastManifests(manifests);
  for (const manifest of isLost(stated) ? last.slice(-1) : last) if (!manifest.final) yield `the manifest of ${manifest.node}, attempt ${manifest.attempt}, is not the last word: final is false`;
  if (!isLost(stated)) for (const { state, target, sequence } of entries) if (state === 'pending') yield `${target}, file ${sequence} is pending in the last manifest`;
}

function* ledgersAgree(stored: Evidence['stored'], manifests: WholeManifest[], stated: Evidence['stated']): Generator<string> {
  const { packets, files, bytes } = stated.ledger;
  for (const [unit, account] of Object.entries({ packets, files, bytes })) {
    if (!balances(account)) yield `${unit} do not balance: ${JSON.stringify(account)}`;
    if (account.pending !== 0) yield `${account.pending} ${unit} are pending at the end`;
  }
  const inBucket = stored.reduce((sum, file) => sum + file.packets, 0);
  if (!isLost(stated) && (packets.uploaded !== inBucket || files.uploaded !== stored.length)) yield `the status has ${packets.uploaded} packets in ${files.uploaded} files uploaded, the bucket ${inBucket} in ${stored.length}`;
  const reasons = Object.values(stated.discards).reduce((sum, n) => sum + n, 0);
  if (reasons !== packets.discarded - packets.released) yield `${packets.discarded} packets are discarded and ${packets.released} of them released, but the reasons add up to ${reasons}: ${JSON.stringify(stated.discards)}`;

  if (isLost(stated)) return;
  const summed = lastManifests(manifests).reduce((sum, { ledger }) => addLedgers(sum, ledger), emptyLedger());
  if (!isDeepEqual(summed, stated.ledger)) yield `the manifests' ledger is ${JSON.stringify(summed)}, the status' ${JSON.stringify(stated.ledger)}`;
  const entries = newestEntries(manifests);
  for (const state of ['uploaded', 'discarded'] as const) {
    const listed = entries.filter((entry) => entry.state === state).reduce((sum, entry) => sum + entry.packets, 0);
    const expected = state === 'uploaded' ? packets.uploaded : packets.discarded - packets.released;
    if (listed !== expected) yield `the manifests list ${listed} packets as ${state}, the status says ${expected}`;
  }
}

const isDeepEqual = (a: Ledger, b: Ledger): boolean => (['packets', 'files', 'bytes'] as const).every((unit) => Object.entries(a[unit]).every(([name, value]) => (b[unit] as Record<string, number>)[name] === value));

function* gapsAgree(manifests: WholeManifest[], stated: Evidence['stated']): Generator<string> {
  const listed = lastManifests(manifests).flatMap((manifest) => manifest.gaps.map(({ from, to }) => ({ fromMs: Date.parse(from), toMs: Date.parse(to) })));
  const gaps = [...listed, ...(stated.unheard ?? [])];
  const seconds = gaps.reduce((sum, { fromMs, toMs }) => sum + (toMs - fromMs) / 1000, 0);
  if (gaps.length !== stated.gaps.count || Math.abs(seconds - stated.gaps.seconds) > SECONDS_TOLERANCE) {
    yield `the manifests have ${gaps.length} gaps${stated.unheard ? ' with those of lost spools' : ''} of ${seconds.toFixed(3)} s, the status ${stated.gaps.count} of ${stated.gaps.seconds} s`;
  }
}
