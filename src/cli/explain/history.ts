// What was asked for beside the capturing, and what came before it: snapshots and earlier runs.
import { SNAPSHOT_ANNOTATION } from '../../api/group.js';
import type { CaptureObject } from '../capture.js';
import type { Section, Subject } from './subject.js';
import { clockTime, counted, reasonWords, when } from './words.js';

export function snapshotsSection({ capture, now }: Subject): Section | undefined {
  const snapshots = capture.status?.snapshots ?? [];
  const isRecorder = (capture.spec as { upload?: { policy?: unknown } } | undefined)?.upload?.policy === 'OnDemand';
  if (!isRecorder && snapshots.length === 0) return undefined;
  const lines = [...waiting(capture), ...snapshots.map((snapshot) => snapshotLine(snapshot, now))];
  return { title: 'Snapshots', lines: lines.length > 0 ? lines : ['None was asked for.'] };
}

/** Asked for, and not acted on. */
function waiting({ metadata, status }: CaptureObject): string[] {
  const token = metadata.annotations?.[SNAPSHOT_ANNOTATION];
  if (token === undefined || token === status?.handled?.snapshot || status?.snapshots?.some((snapshot) => snapshot.token === token)) return [];
  return [`"${token}" is asked for, and not acted on yet.`];
}

function snapshotLine({ token, time, completionTime, packets }: NonNullable<NonNullable<CaptureObject['status']>['snapshots']>[number], now: number): string {
  const { captured = 0, uploaded = 0, pending = 0, discarded = 0 } = packets ?? {};
  const what = captured === uploaded ? `${counted(captured, 'packet')}, all in the bucket` : `${counted(captured, 'packet')}, ${uploaded} in the bucket${pending > 0 ? `, ${pending} on their way` : ''}${discarded > 0 ? `, ${discarded} given up` : ''}`;
  return `"${token}", packets up to ${time === undefined ? 'an unknown time' : when(time, now)}: ${what}${completionTime === undefined ? '.' : `, settled at ${clockTime(completionTime)}.`}`;
}

export function earlierRunsSection({ capture, now }: Subject): Section | undefined {
  const runs = capture.status?.previousRuns ?? [];
  if (runs.length === 0) return undefined;
  return {
    title: 'Earlier runs',
    lines: runs.map(({ id, stopReason, completionTime, location, packets }) => {
      const counts = `${counted(packets?.captured ?? 0, 'packet')}, ${packets?.uploaded ?? 0} in the bucket, ${packets?.lost ?? 0} lost`;
      const settled = completionTime === undefined ? 'it is still being delivered' : `settled at ${when(completionTime, now)}`;
      return `${id}: ${counts}; ${settled}; in ${location ?? 'an unknown place'}; ended by ${reasonWords(stopReason)}`;
    }),
  };
}
