// The spool's state: a fold of its journal. What is settled is kept as sums, and as entries only until a segment is sealed.
import type { Ledger } from '../../protocol/ledger.js';
import { emptyLedger } from '../../protocol/ledger.js';
import type { ManifestFile } from '../../protocol/manifest.js';
import type { ReportedFile } from '../../protocol/report.js';
import type { NetworkInterface } from '../netns/interfaces.js';
import { microTime } from '../clock.js';
import type { SpoolEvent, SpoolFile } from './events.js';

export interface Gap {
  target: string;
  fromUs: number;
  toUs: number;
  reason: string;
}

export interface TargetState {
  name: string;
  podName: string;
  podUID: string;
  podIPs: string[];
  linkType?: string;
  interfaces: NetworkInterface[];
  nextSequence: number;
  nextStart: number;
  /** uploaded and discarded only; what is pending is counted from the files. */
  settled: Ledger;
  /** The tcpdump that drops are being counted for; those of earlier ones are in `settled`. */
  drops: { attempt: number; start: number; kernel: number; interface: number };
  /** The tcpdump that was started and whose end was not recorded. */
  running?: { attempt: number; start: number };
  /** Attempt of the last tcpdump that was started. */
  lastAttempt?: number;
  captureStartMs?: number;
  listeningUs?: number;
  quietUs?: number;
  /** When it began to listen, was last seen quiet, and its latest packet in a closed file: of the last tcpdump started. */
  lastPacketUs?: number;
  /** Up to here nothing is missing but what gaps say; set while no tcpdump listens after one did. The next gap begins here. */
  coveredUs?: number;
  exitMs?: number;
  stopReason?: string;
  stopMs?: number;
  failure?: { reason: string; message: string };
}

export interface Segment {
  number: number;
  key: string;
  sha256: string;
  files: number;
  uploaded: boolean;
}

export interface SpoolState {
  id: string;
  runID: string;
  attempt: number;
  /** When the first tcpdump of `attempt` began to listen. */
  attemptStartMs?: number;
  reportsFrom: number;
  targets: Record<string, TargetState>;
  /** Closed and not settled, by file id. */
  pending: Record<string, SpoolFile>;
  /** Settled and perhaps still on disk: a kill may have come between. */
  leaving: Record<string, SpoolFile>;
  /** Settled and not in a segment yet, oldest first. */
  unsealed: ManifestFile[];
  segments: Segment[];
  gaps: { count: number; seconds: number; newest: Gap[] };
  /** Packets discarded, by reason. */
  discards: Record<string, number>;
  recentFiles: ReportedFile[];
  captureStartMs?: number;
  stopped?: { reason: string; timeMs: number; final: boolean };
  done: boolean;
}

/** Gaps kept with from, to and reason; older ones are in the sums. */
const GAPS_KEPT = 1000;
const RECENT_FILES_KEPT = 10;

export const emptyState = (): SpoolState => ({
  id: '',
  runID: '',
  attempt: 0,
  reportsFrom: 0,
  targets: {},
  pending: {},
  leaving: {},
  unsealed: [],
  segments: [],
  gaps: { count: 0, seconds: 0, newest: [] },
  discards: {},
  recentFiles: [],
  done: false,
});

export const fileID = (file: { target: string; sequence: number }): string => `${file.target}/${file.sequence}`;

/** An event that names a target which no `target` event introduced is of a damaged journal, and is passed over. */
export function applyEvent(state: SpoolState, event: SpoolEvent): void {
  switch (event.type) {
    case 'spool':
      state.id = event.id;
      state.runID = event.runID;
      return;
    case 'attempt':
      if (event.attempt !== state.attempt) delete state.attemptStartMs;
      state.attempt = event.attempt;
      return;
    case 'numbers':
      state.reportsFrom = event.from;
      return;
    case 'target':
      state.targets[event.target] = { ...(state.targets[event.target] ?? newTarget(event.target)), podName: event.podName, podUID: event.podUID, podIPs: event.podIPs };
      return;
    case 'stopped':
      state.stopped = { reason: event.reason, timeMs: event.timeMs, final: event.final };
      return;
    case 'sealed':
      state.unsealed.splice(0, event.files);
      state.segments.push({ number: event.number, key: event.key, sha256: event.sha256, files: event.files, uploaded: false });
      return;
    case 'segmentUploaded':
      for (const segment of state.segments) if (segment.number === event.number) segment.uploaded = true;
      return;
    case 'done':
      state.done = true;
      return;
    case 'closed': {
      const target = state.targets[event.file.target];
      if (target) applyClosed(state, target, event.file);
      return;
    }
    default: {
      const target = state.targets[event.target];
      if (target) applyToTarget(state, target, event);
    }
  }
}

type TargetEvent = Exclude<SpoolEvent, { type: 'spool' | 'attempt' | 'numbers' | 'target' | 'stopped' | 'sealed' | 'segmentUploaded' | 'done' | 'closed' }>;

const newTarget = (name: string): TargetState => ({
  name,
  podName: '',
  podUID: '',
  podIPs: [],
  interfaces: [],
  nextSequence: 1,
  nextStart: 1,
  settled: emptyLedger(),
  drops: { attempt: 0, start: 0, kernel: 0, interface: 0 },
});

const later = (a: number | undefined, b: number): number => (a === undefined ? b : Math.max(a, b));

function applyClosed(state: SpoolState, target: TargetState, file: SpoolFile): void {
  state.pending[fileID(file)] = file;
  target.nextSequence = Math.max(target.nextSequence, file.sequence + 1);
  target.lastPacketUs = later(target.lastPacketUs, file.lastUs);
}

function applyToTarget(state: SpoolState, target: TargetState, event: TargetEvent): void {
  switch (event.type) {
    case 'network':
      target.linkType = event.linkType;
      target.interfaces = event.interfaces;
      return;
    case 'started':
      target.nextStart = Math.max(target.nextStart, event.start + 1);
      target.lastAttempt = event.attempt;
      target.running = { attempt: event.attempt, start: event.start };
      delete target.listeningUs;
      delete target.quietUs;
      delete target.lastPacketUs;
      return;
    case 'listening':
      target.captureStartMs ??= event.timeMs;
      target.listeningUs = event.timeMs * 1000;
      delete target.coveredUs;
      if (state.stopped?.final === false) delete state.stopped;
      state.captureStartMs ??= event.timeMs;
      if (event.attempt === state.attempt) state.attemptStartMs ??= event.timeMs;
      return;
    case 'quiet':
      target.quietUs = later(target.quietUs, event.timeMs * 1000);
      return;
    case 'drops':
      if (target.drops.attempt !== event.attempt || target.drops.start !== event.start) {
        target.settled.packets.droppedByKernel += target.drops.kernel;
        target.settled.packets.droppedByInterface += target.drops.interface;
      }
      target.drops = { attempt: event.attempt, start: event.start, kernel: event.kernel, interface: event.interface };
      return;
    case 'exited':
      target.exitMs = event.timeMs;
      delete target.running;
      if (event.coveredUs !== undefined) target.coveredUs = later(target.coveredUs, event.coveredUs);
      return;
    case 'gap':
      state.gaps.count += 1;
      state.gaps.seconds += (event.toUs - event.fromUs) / 1e6;
      if (target.coveredUs !== undefined) target.coveredUs = Math.max(target.coveredUs, event.toUs);
      state.gaps.newest = [...state.gaps.newest, { target: event.target, fromUs: event.fromUs, toUs: event.toUs, reason: event.reason }].slice(-GAPS_KEPT);
      return;
    case 'removed':
      delete state.leaving[fileID(event)];
      return;
    case 'uploaded':
    case 'discarded':
      settle(state, target, event);
      return;
    case 'ended':
      target.stopReason = event.stopReason;
      target.stopMs = event.timeMs;
      return;
    case 'failed':
      target.failure = { reason: event.reason, message: event.message };
      target.stopMs = event.timeMs;
      return;
    default:
      event satisfies never;
  }
}

/** A file leaves `pending` exactly once, whatever is repeated. */
function settle(state: SpoolState, target: TargetState, event: TargetEvent & { type: 'uploaded' | 'discarded' }): void {
  const id = fileID(event);
  const file = state.pending[id];
  if (!file) return;
  delete state.pending[id];
  state.leaving[id] = file;
  const outcome = event.type;
  const amounts = { packets: file.packets, files: 1, bytes: file.to - file.from };
  for (const unit of ['packets', 'files', 'bytes'] as const) {
    target.settled[unit].captured += amounts[unit];
    target.settled[unit][outcome] += amounts[unit];
  }
  const entry = manifestEntry(file);
  if (event.type === 'discarded') {
    state.discards[event.reason] = (state.discards[event.reason] ?? 0) + file.packets;
    state.unsealed.push({ ...entry, state: 'discarded', reason: event.reason });
    return;
  }
  const { key, size, sha256, etag } = event;
  state.unsealed.push({ ...entry, key, state: 'uploaded', size, sha256, etag });
  const recent = { key, target: file.target, size, sha256, packets: file.packets, firstPacketTime: microTime(file.firstUs), lastPacketTime: microTime(file.lastUs) };
  state.recentFiles = [recent, ...state.recentFiles].slice(0, RECENT_FILES_KEPT);
}

/** A file as the manifest has it, while it is pending. */
export const manifestEntry = (file: SpoolFile): ManifestFile => ({
  target: file.target,
  attempt: file.attempt,
  sequence: file.sequence,
  state: 'pending',
  size: file.to - file.from,
  packets: file.packets,
  openedTime: new Date(file.openedMs).toISOString(),
  firstPacketTime: microTime(file.firstUs),
  lastPacketTime: microTime(file.lastUs),
});
