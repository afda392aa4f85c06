// What is missing and why: losses with their cause and lever, what was given up by reason, each gap, what the bucket refuses.
import { CONDITION, DISCARD_REASON, STOP_REASON } from '../../api/reasons.js';
import type { Condition } from '../../api/fields.js';
import type { ManifestGap } from '../../protocol/manifest.js';
import type { CaptureObject } from '../capture.js';
import { conditionOf } from '../observe/condition.js';
import type { Account } from './account.js';
import type { Section, Subject } from './subject.js';
import { counted, exactTime, meaningOf, sentence } from './words.js';

const GAPS_NAMED = 20;

export function missingSection({ capture, account }: Subject): Section | undefined {
  const { run, gaps, phase } = capture.status ?? {};
  if (run?.id === undefined) return undefined;
  if (run.captureStartTime === undefined) return phase === 'Failed' ? { title: 'What is missing', lines: ['Everything: no tcpdump listened.'] } : undefined;
  return { title: 'What is missing', lines: [...lossWords(conditionOf(capture, CONDITION.lossDetected)), ...bucketWords(capture), ...discardWords(account), ...gapWords(account, gaps?.count ?? 0, gaps?.suspendedSeconds ?? 0)] };
}

function lossWords(loss: Condition | undefined): string[] {
  if (!loss) return ['Nobody has said yet whether anything is missing.'];
  if (loss.status === 'False') return [`Nothing that was wanted: ${loss.message ?? ''}.`];
  if (loss.status === 'Unknown') return [`It is not known whether anything is missing (${loss.reason}): ${loss.message ?? ''}.`];
  return [sentence(`${loss.reason}: ${loss.message ?? ''}`)];
}

function bucketWords(capture: CaptureObject): string[] {
  const delivered = conditionOf(capture, CONDITION.delivered);
  if (delivered?.status !== 'False') return [];
  return [sentence(delivered.message ?? ''), ...[meaningOf(delivered.reason) ?? []].flat()];
}

/** `Released` is what a flight recorder is for. */
export const discardWords = (account: Account | undefined): string[] =>
  Object.entries(account?.discards ?? {})
    .filter(([reason, packets]) => packets > 0 && reason !== DISCARD_REASON.released)
    .map(([reason, packets]) => sentence(`${counted(packets, 'packet')} given up for ${reason}: ${meaningOf(reason) ?? 'a word of another version'}`));

/** `total`: of all nodes, those that the manifests name no more with them. */
export function gapWords(account: Account | undefined, total: number, suspendedSeconds: number): string[] {
  const suspended = suspendedSeconds > 0 ? [`It was suspended for ${suspendedSeconds} s in all, as it was asked to: no loss.`] : [];
  if (!account) return total > 0 ? [...suspended, `In ${counted(total, 'stretch').replace('stretchs', 'stretches')} no tcpdump listened; the manifests have each with its reason.`] : suspended;
  const shown = account.gaps.slice(-GAPS_NAMED);
  const more = Math.max(total, account.gaps.length) - shown.length;
  return [...suspended, ...shown.map(gapLine), ...(more > 0 ? [`And ${counted(more, 'earlier gap')}.`] : [])];
}

function gapLine({ target, from, to, reason }: ManifestGap): string {
  const means = reason === STOP_REASON.suspended ? 'spec.suspend was true.' : (meaningOf(reason) ?? 'a word of another version.');
  const seconds = ((Date.parse(to) - Date.parse(from)) / 1000).toFixed(1);
  return `Gap of ${target} from ${exactTime(from)} to ${exactTime(to)} (${seconds} s), ${reason}: ${means}`;
}
