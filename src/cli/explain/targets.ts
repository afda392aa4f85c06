// What became of each target: those that failed first, with their reason.
import type { ManifestTarget } from '../../protocol/manifest.js';
import type { CaptureObject } from '../capture.js';
import type { Account } from './account.js';
import type { Section, Subject } from './subject.js';
import { clockTime, counted, meaningOf, sentence } from './words.js';

type TargetStatus = NonNullable<NonNullable<CaptureObject['status']>['targets']>[number];

/** Of those that status names no more. */
const ENDED_NAMED = 50;

export function targetsSection({ capture, account }: Subject): Section | undefined {
  const targets = capture.status?.targets ?? [];
  const named = new Set(targets.map(({ name }) => name));
  const earlier = (account?.targets ?? []).filter(({ name }) => !named.has(name));
  if (targets.length + earlier.length === 0) return undefined;
  const order = [...targets].sort((a, b) => Number(b.state === 'Failed') - Number(a.state === 'Failed'));
  return { title: 'Targets', lines: [...order.map(targetLine), ...endedLines(earlier)] };
}

export const endedTargetsSection = ({ targets }: Account): Section => ({ title: 'Targets', lines: endedLines(targets) });

function targetLine({ podName, name, node, interface: device, state = 'Pending', reason, message, stopReason, packets, files }: TargetStatus): string {
  const where = [...(node === undefined ? [] : [`on ${node}`]), ...(device === undefined || device === 'any' ? [] : [`interface ${device}`])].join(', ');
  const count = !packets?.captured ? ', no packet' : `, ${counted(packets.captured, 'packet')} in ${counted(files?.captured ?? 0, 'file')}`;
  const lost = packets?.lost ? `, ${packets.lost} lost` : '';
  return `pod/${podName ?? name}${where === '' ? '' : ` ${where}`}: ${state}${count}${lost}${fate({ state, reason, message, stopReason })}`;
}

function fate({ state, reason, message, stopReason }: Pick<ManifestTarget, 'state' | 'reason' | 'message' | 'stopReason'>): string {
  if (reason !== undefined) return `; ${reason}: ${sentence(message ?? '')}${message === undefined ? '' : ' '}${meaningOf(reason) ?? ''}`.trimEnd();
  if (stopReason === undefined) return message === undefined ? '.' : `; ${sentence(message)}`;
  return state === 'Suspended' ? '.' : `; ended by ${stopReason}${meaningOf(stopReason) === undefined ? '.' : `: ${meaningOf(stopReason)}`}`;
}

function endedLines(targets: ManifestTarget[]): string[] {
  const shown = targets.slice(-ENDED_NAMED);
  const more = targets.length - shown.length;
  return [
    ...shown.map((target) => {
      const { captured } = target.ledger.packets;
      const listened = target.captureStartTime === undefined || target.stopTime === undefined ? '' : `, from ${clockTime(target.captureStartTime)} to ${clockTime(target.stopTime)}`;
      return `pod/${target.podName} (${target.name}): ${target.state}, ${counted(captured, 'packet')}${listened}${fate(target)}`;
    }),
    ...(more > 0 ? [`And ${counted(more, 'target')} that ended earlier.`] : []),
  ];
}
