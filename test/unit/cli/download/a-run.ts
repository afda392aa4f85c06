// A run as its manifests have it, for tests: files of packets, and what the agent would have written of them.
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { emptyLedger } from '../../../../src/protocol/ledger.js';
import { fileKey, manifestKey, runPrefix } from '../../../../src/protocol/keys.js';
import type { Manifest, ManifestFile } from '../../../../src/protocol/manifest.js';
import { savefile } from '../../pcap/savefile.js';

export const RUN_ID = '20261120T030512Z-1a2b3c';
const START_MS = Date.UTC(2026, 10, 20, 3, 5, 12);

export interface RunFile {
  key: string;
  target: string;
  sequence: number;
  body: Buffer;
  entry: ManifestFile;
}

export const sha256 = (body: Buffer): string => createHash('sha256').update(body).digest('hex');

/** The n-th file (from 1) of a target, of so many packets, one in a millisecond. */
export function aFile(prefix: string, target: string, sequence: number, { packets = 20, bytes = 100, compression = 'None' } = {}): RunFile {
  const openedMs = START_MS + sequence * 1000;
  const key = fileKey(prefix, target, 1, sequence, openedMs, compression);
  const plain = savefile(Array.from({ length: packets }, (_, n) => ({ us: openedMs * 1000 + n * 1000 + (target.length % 7), bytes })));
  const body = compression === 'Gzip' ? gzipSync(plain) : plain;
  const entry: ManifestFile = { key, target, attempt: 1, sequence, state: 'uploaded', size: body.length, pcapBytes: plain.length, sha256: sha256(body), packets, openedTime: new Date(openedMs).toISOString() };
  return { key, target, sequence, body, entry };
}

export const prefixOf = (destinationPrefix: string, name: string, runID = RUN_ID): string => runPrefix(destinationPrefix, 'shop', name, runID);

export function aManifest(files: ManifestFile[], override: Partial<Manifest> = {}): Manifest {
  return {
    schemaVersion: 1,
    runID: RUN_ID,
    capture: { namespace: 'shop', name: 'web', uid: 'u' },
    node: 'node-a',
    attempt: 1,
    spool: 's',
    writtenTime: '2026-11-20T03:10:00.000Z',
    final: true,
    tcpdump: { version: '4.99', argv: ['tcpdump'] },
    ledger: emptyLedger(),
    discards: {},
    targets: [],
    gaps: [],
    snapshots: [],
    files,
    segments: [],
    targetSegments: [],
    ...override,
  };
}

export const keyOfManifest = (prefix: string, manifest: Manifest): string => manifestKey(prefix, manifest.node, manifest.attempt);
