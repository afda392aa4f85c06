// The table of targets: a row for each, and one for all of them.
import type { PacketCaptureStatus } from '../../api/packetcapture-status.js';
import { printable } from '../../api/printable.js';
import { formatBytes } from '../../api/quantity.js';
import type { Column } from '../terminal/table.js';
import { formatRate } from '../terminal/words.js';
import { rateOf, type History, type Sample } from './history.js';

type Target = NonNullable<PacketCaptureStatus['targets']>[number];

export const COLUMNS: readonly Column[] = [
  { title: 'POD', align: 'left', shrink: { to: 12, cut: 'middle' } },
  { title: 'NODE', align: 'left', shrink: { to: 6, cut: 'middle' }, spare: 3 },
  { title: 'STATE', align: 'left', shrink: { to: 9, cut: 'end' } },
  { title: 'PACKETS', align: 'right' },
  { title: 'LOST', align: 'right' },
  { title: 'FILES', align: 'right', spare: 4 },
  { title: 'SIZE', align: 'right', spare: 1 },
  { title: 'PKT/S', align: 'right', spare: 2 },
  { title: 'B/S', align: 'right', spare: 5 },
];

export interface TargetRow {
  cells: string[];
  isBad: boolean;
}

/** Those that are captured or will be come first; `now`: of the history's clock. */
export function targetRows(status: PacketCaptureStatus, history: History, now: number): TargetRow[] {
  const targets = status.targets ?? [];
  return [...targets.filter((target) => !isOver(target)), ...targets.filter(isOver)].map((target) => ({
    cells: [
      printable(target.podName ?? target.name),
      printable(target.node ?? ''),
      stateOf(target),
      ...numbers(target, isOver(target) ? [] : (history.targets[target.name] ?? []), now),
    ],
    isBad: target.state === 'Failed' || (target.packets?.lost ?? 0) > 0,
  }));
}

export function totalRow(status: PacketCaptureStatus, history: History, now: number): TargetRow {
  const count = status.targets?.length ?? 0;
  const isListening = status.phase === 'Capturing';
  return { cells: [`${count} target${count === 1 ? '' : 's'}`, '', '', ...numbers(status, isListening ? history.all : [], now)], isBad: (status.packets?.lost ?? 0) > 0 };
}

export const isOver = ({ state, stopReason }: Target): boolean => state === 'Ended' || state === 'Failed' || (state === 'Draining' && stopReason !== undefined && stopReason !== 'Suspended');

/** With why it is so, where a reason is given. */
export function stateOf({ state, reason, stopReason }: Target): string {
  const why = reason ?? (state === 'Suspended' ? undefined : stopReason);
  return printable(`${state ?? 'Pending'}${why === undefined ? '' : ` (${why})`}`);
}

function numbers({ packets, files, bytes }: Pick<PacketCaptureStatus, 'packets' | 'files' | 'bytes'>, samples: readonly Sample[], now: number): string[] {
  const rate = rateOf(samples, now);
  const count = (value: number | undefined): string => (value === undefined ? '-' : String(value));
  return [
    count(packets?.captured),
    count(packets?.lost),
    count(files?.captured),
    bytes?.captured === undefined ? '-' : formatBytes(bytes.captured),
    rate ? formatRate(rate.packets) : '-',
    rate ? formatRate(rate.bytes) : '-',
  ];
}
