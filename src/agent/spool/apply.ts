// What each event does to the spool's state.
import { STOP_REASON } from '../../api/reasons.js';
import { emptyLedger } from '../../protocol/ledger.js';
import { momentIn, msBetween } from '../clock.js';
import type { SpoolEvent, SpoolFile } from './events.js';
import { sealTargets } from './seal-targets.js';
import { settle } from './settle.js';
import { applySnapshot, wantAll } from './snapshot.js';
import { fileID, hasEnded, isHeld, isSuspended, savefileID, type SpoolState, type TargetState } from './state.js';

/** Gaps kept with from, to and reason; older ones are in the sums. */
const GAPS_KEPT = 1000;

/** An event that names a target which no `target` event introduced is of a damaged journal, and is passed over. */
export function applyEvent(state: SpoolState, event: SpoolEvent): void {
  switch (event.type) {
    case 'spool':
      state.id = event.id;
      state.runID = event.runID;
      return;
    case 'attempt':
      if (event.attempt !== state.attempt) {
        delete state.attemptStartMs;
        delete state.attemptStart;
        state.suspendedMs = 0;
      }
      state.attempt = event.attempt;
      return;
    case 'numbers':
      state.reportsFrom = event.from;
      return;
    case 'target':
      state.targets[event.target] = { ...(state.targets[event.target] ?? newTarget(event.target)), podName: event.podName, podUID: event.podUID, podIPs: event.podIPs };
      return;
    case 'stopped':
      state.stopped = { reason: event.reason, ...momentIn(event), final: event.final };
      if (isSuspended(state)) for (const target of Object.values(state.targets)) if (!hasEnded(target)) target.suspendedMs = event.timeMs;
      return;
    case 'resumed':
      if (state.attemptStartMs !== undefined && state.stopped) state.suspendedMs += Math.max(0, msBetween(state.stopped, event));
      delete state.stopped;
      wantAll(state);
      return;
    case 'snapshot':
      applySnapshot(state, event);
      return;
    case 'snapshotSettled':
      for (const snapshot of state.snapshots) if (snapshot.token === event.token) snapshot.completionMs ??= event.timeMs;
      return;
    case 'sealed':
      state.unsealed.splice(0, event.files);
      state.segments.push({ number: event.number, key: event.key, sha256: event.sha256, files: event.files, uploaded: false });
      return;
    case 'segmentUploaded':
      for (const segment of state.segments) if (segment.number === event.number) segment.uploaded = true;
      return;
    case 'targetsSealed':
      sealTargets(state, event);
      return;
    case 'targetSegmentUploaded':
      for (const segment of state.sealedTargets.segments) if (segment.number === event.number) segment.uploaded = true;
      return;
    case 'done':
      state.done = true;
      return;
    case 'closed': {
      const target = state.targets[event.file.target];
      if (target) applyClosed(state, target, event);
      return;
    }
    default: {
      const target = state.targets[event.target];
      if (target) applyToTarget(state, target, event);
    }
  }
}

type TargetEvent = Exclude<SpoolEvent, { type: 'spool' | 'attempt' | 'numbers' | 'target' | 'stopped' | 'resumed' | 'snapshot' | 'snapshotSettled' | 'sealed' | 'segmentUploaded' | 'targetsSealed' | 'targetSegmentUploaded' | 'done' | 'closed' }>;

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

function applyClosed(state: SpoolState, target: TargetState, { file, goesOn }: { file: SpoolFile; goesOn?: true }): void {
  state.pending[fileID(file)] = file;
  if (goesOn || file.from > 0) state.cuts[savefileID(file)] = { to: file.to, open: goesOn ?? false };
  target.nextSequence = Math.max(target.nextSequence, file.sequence + 1);
  target.lastPacketUs = later(target.lastPacketUs, file.lastUs);
  const { running } = target;
  if (target.closedPackets !== undefined && running?.attempt === file.attempt && running.start === file.start) target.closedPackets += file.packets;
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
      if (event.share) target.share = event.share;
      delete target.listeningUs;
      delete target.quietUs;
      delete target.lastPacketUs;
      delete target.writtenUs;
      target.closedPackets = 0;
      return;
    case 'finished': {
      const cut = state.cuts[savefileID(event)];
      if (cut) cut.open = false;
      forgetCut(state, savefileID(event));
      return;
    }
    case 'listening':
      target.captureStartMs ??= event.timeMs;
      target.listeningUs = event.timeMs * 1000;
      delete target.coveredUs;
      // A suspension ends when it is taken back, not by a tcpdump that was on its way when it came.
      if (!isSuspended(state)) {
        delete target.suspendedMs;
        if (state.stopped?.final === false) delete state.stopped;
      }
      state.captureStartMs ??= event.timeMs;
      if (event.attempt === state.attempt && state.attemptStartMs === undefined) {
        state.attemptStartMs = event.timeMs;
        state.attemptStart = momentIn(event);
      }
      return;
    case 'quiet':
      target.quietUs = later(target.quietUs, event.timeMs * 1000);
      return;
    case 'written':
      target.writtenUs = later(target.writtenUs, event.timeMs * 1000);
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
      if (event.reason === STOP_REASON.suspended) {
        state.gaps.suspended.count += 1;
        state.gaps.suspended.seconds += (event.toUs - event.fromUs) / 1e6;
      }
      if (target.coveredUs !== undefined) target.coveredUs = Math.max(target.coveredUs, event.toUs);
      state.gaps.newest = [...state.gaps.newest, { target: event.target, fromUs: event.fromUs, toUs: event.toUs, reason: event.reason }].slice(-GAPS_KEPT);
      return;
    case 'removed': {
      const file = state.leaving[fileID(event)];
      delete state.leaving[fileID(event)];
      if (file) forgetCut(state, savefileID(file));
      return;
    }
    case 'sending': {
      const { key, size, sha256, expectedETag } = event;
      const file = state.pending[fileID(event)];
      if (file) file.sending = { key, size, sha256, expectedETag };
      return;
    }
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

/** A cut savefile that is closed, and of which nothing is left, is off the disk. */
function forgetCut(state: SpoolState, id: string): void {
  const cut = state.cuts[id];
  if (cut && !cut.open && !isHeld(state, id)) delete state.cuts[id];
}
