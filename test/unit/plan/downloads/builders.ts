// Manifests of a run as an agent writes them, with one-line overrides.
import { createHash } from 'node:crypto';
import { emptyLedger } from '../../../../src/protocol/ledger.js';
import { fileKey, manifestSegmentKey } from '../../../../src/protocol/keys.js';
import { MANIFEST_SCHEMA_VERSION, type Manifest, type ManifestFile } from '../../../../src/protocol/manifest.js';

export const OPENED_MS = Date.UTC(2026, 10, 20, 3, 5, 12);
export const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');

export const aFile = (prefix: string, sequence: number, { target = 'web-0_1a2b3c4d', attempt = 1, ...rest }: Partial<ManifestFile> = {}): ManifestFile => ({
  key: fileKey(prefix, target, attempt, sequence, OPENED_MS),
  target,
  attempt,
  sequence,
  state: 'uploaded',
  size: 100,
  sha256: sha256(`${target} ${attempt} ${sequence}`),
  packets: 1,
  openedTime: new Date(OPENED_MS).toISOString(),
  ...rest,
});

export const aManifest = (run: { runID: string; capture: Manifest['capture'] }, rest: Partial<Manifest> = {}): Manifest => ({
  schemaVersion: MANIFEST_SCHEMA_VERSION,
  runID: run.runID,
  capture: run.capture,
  node: 'node-a',
  attempt: 1,
  spool: 's',
  writtenTime: new Date(OPENED_MS).toISOString(),
  final: true,
  tcpdump: { version: 'tcpdump version 4.99.3', argv: ['tcpdump'] },
  ledger: emptyLedger(),
  discards: {},
  targets: [],
  gaps: [],
  snapshots: [],
  files: [],
  segments: [],
  targetSegments: [],
  ...rest,
});

/** A segment as it is in the bucket, and as its manifest names it. */
export function aSegment(prefix: string, n: number, files: ManifestFile[], { node = 'node-a', attempt = 1 } = {}): { content: string; named: Manifest['segments'][number] } {
  const content = JSON.stringify(files);
  return { content, named: { key: manifestSegmentKey(prefix, node, attempt, n), sha256: sha256(content), files: files.length } };
}
