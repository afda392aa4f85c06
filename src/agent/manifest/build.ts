// The manifest of now: the attempt's full record in the words of the protocol.
import { MANIFEST_SCHEMA_VERSION, type Manifest, type ManifestTarget } from '../../protocol/manifest.js';
import { emptyLedger, type Ledger } from '../../protocol/ledger.js';
import type { JobConfig } from '../../protocol/job-config.js';
import { microTime } from '../clock.js';
import type { Ledgers } from '../ledger.js';
import { snapshotWords, targetWords, type LiveTarget } from '../report/build.js';
import type { SpoolFile } from '../spool/events.js';
import { manifestEntry } from '../spool/settle.js';
import { isSuspended, type SpoolState, type TargetState } from '../spool/state.js';
import { tcpdumpArguments } from '../tcpdump/argv.js';
import { optionsOf } from '../tcpdump-options.js';

export interface ManifestInput {
  job: JobConfig;
  node: string;
  state: Readonly<SpoolState>;
  ledgers: Ledgers;
  live: ReadonlyMap<string, LiveTarget>;
  tcpdumpVersion: string;
  keyOf: (file: SpoolFile) => string;
  final: boolean;
}

/** A manifest without its time of writing. */
export type ManifestBody = Omit<Manifest, 'writtenTime'>;

export function buildManifest({ job, node, state, ledgers, live, tcpdumpVersion, keyOf, final }: ManifestInput): ManifestBody {
  const started = Object.values(state.targets).find(({ share }) => share !== undefined);
  return {
    schemaVersion: MANIFEST_SCHEMA_VERSION,
    runID: job.runID,
    capture: job.capture,
    node,
    attempt: state.attempt,
    spool: state.id,
    final,
    tcpdump: { version: tcpdumpVersion, argv: (started && argvOf(job, started)) ?? ['tcpdump'] },
    ledger: ledgers.total,
    discards: state.discards,
    targets: Object.values(state.targets).map((target) => targetEntry(job, target, ledgers.targets.get(target.name) ?? emptyLedger(), live.get(target.name), isSuspended(state))),
    gaps: state.gaps.newest.map(({ target, fromUs, toUs, reason }) => ({ target, from: microTime(fromUs), to: microTime(toUs), reason })),
    snapshots: state.snapshots.map(snapshotWords),
    files: [...state.unsealed, ...Object.values(state.pending).map((file) => ({ ...manifestEntry(file), key: keyOf(file) }))],
    segments: state.segments.map(({ key, sha256, files }) => ({ key, sha256, files })),
    targetSegments: state.sealedTargets.segments.map(({ key, sha256, targets }) => ({ key, sha256, targets })),
  };
}

/** A target as the manifest has it. */
export const targetEntry = (job: JobConfig, target: TargetState, ledger: Ledger, live: LiveTarget | undefined, suspended: boolean): ManifestTarget => ({
  name: target.name,
  podName: target.podName,
  podUID: target.podUID,
  podIPs: target.podIPs,
  interface: job.tcpdump.interface,
  ...(target.linkType !== undefined && { linkType: target.linkType }),
  ...(target.share && { argv: argvOf(job, target) }),
  interfaces: target.interfaces.map(({ index, name, mac }) => ({ index, name, ...(mac !== undefined && { mac }) })),
  ...targetWords(target, live, ledger.files.pending, suspended),
  ...(target.captureStartMs !== undefined && { captureStartTime: new Date(target.captureStartMs).toISOString() }),
  ...(target.stopMs !== undefined && { stopTime: new Date(target.stopMs).toISOString() }),
  ledger,
});

/** The command line of a target's newest tcpdump. */
const argvOf = (job: JobConfig, { share, linkType = '' }: TargetState): string[] | undefined => share && ['tcpdump', ...tcpdumpArguments(optionsOf(job, share, linkType))];
