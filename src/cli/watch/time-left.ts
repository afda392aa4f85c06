// How far a capture has come: of its duration, and after that of its delivery.
import { formatDuration } from '../../api/duration.js';
import { CONDITION } from '../../api/reasons.js';
import type { CaptureObject } from '../capture.js';
import { conditionOf } from '../observe/condition.js';
import { durationMsOf } from '../observe/duration.js';
import { formatTime } from '../terminal/words.js';

export interface Advance {
  /** In [0, 1]; absent where there is no end to it. */
  fraction?: number;
  words: string;
}

/** `now`: ms since the epoch, by this machine's clock. undefined where nothing is under way. */
export function advanceOf(capture: CaptureObject, now: number): Advance | undefined {
  const { phase } = capture.status ?? {};
  if (phase === 'Uploading') return delivery(capture);
  return phase === 'Capturing' || phase === 'Suspended' ? listening(capture, now) : undefined;
}

function listening(capture: CaptureObject, now: number): Advance | undefined {
  const { run, phase } = capture.status ?? {};
  const start = Date.parse(run?.captureStartTime ?? '');
  if (Number.isNaN(start)) return undefined;
  const isSuspended = phase === 'Suspended';
  // While it is suspended its time stands still, from the moment at which the last tcpdump was stopped.
  const since = isSuspended ? Date.parse(conditionOf(capture, CONDITION.capturing)?.lastTransitionTime ?? '') : now;
  const spentMs = Math.max(0, (Number.isNaN(since) ? now : since) - start - (run?.suspendedSeconds ?? 0) * 1000);
  const durationMs = durationMsOf(capture);
  const state = isSuspended ? 'suspended, ' : '';
  if (durationMs === undefined || durationMs === 0) return { words: `${state}${formatTime(spentMs)} so far` };
  const leftMs = Math.max(0, durationMs - spentMs);
  return { fraction: Math.min(1, spentMs / durationMs), words: `${state}${formatTime(leftMs)} left of ${formatDuration(durationMs)}` };
}

function delivery({ status }: CaptureObject): Advance | undefined {
  const { captured = 0, uploaded = 0, discarded = 0 } = status?.packets ?? {};
  const wanted = captured - discarded;
  if (wanted <= 0) return undefined;
  const fraction = Math.min(1, uploaded / wanted);
  return { fraction, words: `${Math.floor(fraction * 100)}% of the packets are in the bucket` };
}
