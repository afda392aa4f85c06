// What happened to the run, or what it waits for, and why.
import { CONDITION } from '../../api/reasons.js';
import { conditionOf, isTrue } from '../observe/condition.js';
import { durationMsOf } from '../observe/duration.js';
import type { Subject } from './subject.js';
import { clockTime, counted, meaningOf, reasonWords, sentence, span, when } from './words.js';

/** The first line of all. */
export function headline({ capture }: Subject): string {
  const { metadata, status } = capture;
  const refused = conditionOf(capture, CONDITION.delivered)?.status === 'False' ? `, and the bucket does not take its files (${conditionOf(capture, CONDITION.delivered)?.reason})` : '';
  const name = `packetcapture/${metadata.name} in namespace ${metadata.namespace ?? 'default'}`;
  const ready = conditionOf(capture, CONDITION.ready);
  const lost = isTrue(capture, CONDITION.lossDetected) ? `, and ${status?.packets?.lost ? 'packets were lost' : 'something was missed'}` : '';
  if (metadata.deletionTimestamp !== undefined) return `${name} is being deleted${lost}.`;
  if (status === undefined || (status.observedGeneration ?? -1) < 0) return `${name} was not seen by the operator yet.`;
  switch (status.phase) {
    case 'Pending':
      return ready?.status === 'True' ? `${name} is armed: it waits for its first target.` : `${name} waits (${ready?.reason ?? 'Pending'}): nothing is captured yet.`;
    case 'Starting':
      return `${name} is starting${ready?.reason === 'Starting' ? '' : ` (${ready?.reason})`}: nothing is captured yet.`;
    case 'Capturing':
      return `${name} is capturing${lost}${refused}.`;
    case 'Suspended':
      return `${name} is suspended${lost}${refused}.`;
    case 'Uploading':
      return `${name} has ended and is being delivered${lost}${refused}.`;
    case 'Complete':
      return `${name} is complete${lost === '' ? (conditionOf(capture, CONDITION.lossDetected)?.status === 'False' ? ', and nothing was lost' : '') : lost}.`;
    case 'Failed':
      return `${name} failed (${ready?.reason ?? 'Failed'}).`;
    default:
      return `${name} is ${status.phase ?? 'in an unknown phase'}.`;
  }
}

export function course(subject: Subject): string[] {
  const { capture, now } = subject;
  const { status, metadata } = capture;
  const deleting = metadata.deletionTimestamp === undefined ? [] : [`It is being deleted since ${when(metadata.deletionTimestamp, now)}: what was captured is delivered first, for a minute at most, and then on from the node.`];
  if (status === undefined || (status.observedGeneration ?? -1) < 0) return [...deleting, 'The operator has not looked at it yet. That takes a second; if it stays, the operator does not run: kubectl pktcap check says more.'];
  return [...deleting, ...runWords(subject), ...stateWords(subject), ...(status.live?.agents?.length ? [`A live session is open, on ${counted(status.live.agents.length, 'node')}.`] : [])];
}

function runWords({ capture: { status }, now }: Subject): string[] {
  const { run, targets = [] } = status ?? {};
  if (run?.id === undefined) return ['No run has begun.'];
  const nodes = [...new Set(targets.flatMap(({ node }) => node ?? []))];
  const where = nodes.length === 0 ? '' : ` on ${nodes.length > 3 ? `${nodes.length} nodes` : nodes.join(', ')}`;
  const began = `Run ${run.id} began at ${when(run.startTime ?? '', now)}${where}.`;
  if (run.captureStartTime === undefined) return [`${began} No tcpdump has listened.`];
  if (status?.phase === 'Suspended') return [`${began} tcpdump listened from ${clockTime(run.captureStartTime)} on.`];
  if (run.stopTime === undefined) return [`${began} ${status?.phase === 'Failed' ? `tcpdump listened from ${clockTime(run.captureStartTime)}; nobody said until when` : `tcpdump listens since ${clockTime(run.captureStartTime)}`}.`];
  return [`${began} tcpdump listened from ${clockTime(run.captureStartTime)} to ${clockTime(run.stopTime)} (${span(Date.parse(run.stopTime) - Date.parse(run.captureStartTime))}).`];
}

function stateWords(subject: Subject): string[] {
  const { capture, now } = subject;
  const { status } = capture;
  const ready = conditionOf(capture, CONDITION.ready);
  const stopReason = status?.run?.stopReason;
  const ended = `Capturing ended by ${reasonWords(stopReason)}`;
  const settled = status?.run?.completionTime === undefined ? [] : [`The last file was settled at ${when(status.run.completionTime, now)}.`];
  const failed = status?.phase === 'Failed' || ready?.status === 'False';
  if (failed) return [...(stopReason === undefined || stopReason === 'Failed' ? [] : [ended]), ...reasoned(ready), ...settled];
  switch (status?.phase) {
    case 'Capturing':
      return [...timeLeft(subject), ...leftOut(subject)];
    case 'Suspended':
      return [sentence(ready?.message ?? 'it is suspended')];
    case 'Complete':
      return [ended, ...settled, ...(conditionOf(capture, CONDITION.complete)?.reason === 'SomeTargetsFailed' ? [`${meaningOf('SomeTargetsFailed')}`] : [])];
    case 'Uploading':
      return [ended, 'The last files are on their way to the bucket.'];
    default:
      return reasoned(ready);
  }
}

/** "Queued: message. What it means." */
function reasoned(ready: ReturnType<typeof conditionOf>): string[] {
  if (!ready) return [];
  const means = meaningOf(ready.reason);
  return [`${ready.reason}: ${sentence(ready.message ?? '')}`, ...(means === undefined ? [] : [means])];
}

function timeLeft({ capture, now }: Subject): string[] {
  const durationMs = durationMsOf(capture);
  const { captureStartTime } = capture.status?.run ?? {};
  if (durationMs === undefined || captureStartTime === undefined) return [];
  if (durationMs === 0) return ['It goes on until it is stopped.'];
  const leftMs = Date.parse(captureStartTime) + durationMs + (capture.status?.gaps?.suspendedSeconds ?? 0) * 1000 - now;
  return [leftMs > 0 ? `About ${span(leftMs)} are left of it.` : "By this machine's clock its time is over."];
}

function leftOut({ capture }: Subject): string[] {
  const capturing = conditionOf(capture, CONDITION.capturing);
  return capturing?.message === undefined ? [] : [sentence(capturing.message)];
}
