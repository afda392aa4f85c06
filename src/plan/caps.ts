// Caps of the house: the most that a capture may ask for. Refused with the cap and its flag, since no waiting helps.
import type { CaptureSpec } from '../api/capture-spec.js';
import { formatDuration } from '../api/duration.js';
import { formatBytes } from '../api/quantity.js';
import type { Reason } from '../api/reason-table.js';
import type { PlanConfig } from './config.js';
import { sameRun } from './identity.js';
import type { Run, RunRecord } from './record.js';
import { workingSpec } from './run.js';
import { isMany } from './selection.js';
import { refused, type Obstacle } from './waiting.js';

interface Cap {
  reason: Reason;
  field: string;
  flag: string;
  /** The field may change while a run lasts. */
  isLive?: true;
  /** What a spec asks for; Infinity without a limit, undefined where the cap does not speak of such a capture. */
  asks: (spec: CaptureSpec) => number | undefined;
  most: (config: PlanConfig) => number;
  /** As people write it. */
  format: (value: number) => string;
}

const quoted = (format: (value: number) => string) => (value: number): string => `"${format(value)}"`;

const CAPS: Cap[] = [
  // `0s` is no long duration: it comes with a ring, which bounds it.
  { reason: 'DurationTooLong', field: 'spec.duration', flag: '--max-duration', isLive: true, asks: ({ durationMs }) => (durationMs === 0 ? undefined : durationMs), most: (c) => c.maxDurationMs, format: quoted(formatDuration) },
  // A recorder delivers at a time what its spool holds, however much goes by.
  { reason: 'SizeTooLarge', field: 'spec.maxSize', flag: '--max-size', isLive: true, asks: ({ upload, maxSizeBytes }) => (upload.policy === 'OnDemand' ? undefined : (maxSizeBytes ?? Infinity)), most: (c) => c.maxSizeBytes, format: quoted(formatBytes) },
  { reason: 'TooManyTargets', field: 'spec.target.maxTargets', flag: '--max-targets', isLive: true, asks: ({ target, maxTargets }) => (isMany(target) ? maxTargets : undefined), most: (c) => c.maxTargets, format: String },
  { reason: 'SpoolTooLarge', field: 'spec.spool.maxSize', flag: '--max-spool', asks: ({ spool }) => spool.maxSizeBytes, most: (c) => c.maxSpoolBytes, format: quoted(formatBytes) },
  { reason: 'BufferTooLarge', field: 'spec.bufferSize', flag: '--max-buffer-size', asks: ({ bufferSizeBytes }) => bufferSizeBytes, most: (c) => c.maxBufferBytes, format: quoted(formatBytes) },
  { reason: 'SnapLengthTooLong', field: 'spec.snapLength', flag: '--max-snap-length', asks: ({ snapLength }) => snapLength, most: (c) => c.maxSnapLength, format: String },
];

/** What a run was allowed once, it keeps when a cap is lowered: only an edit that gives it more is refused. A finished run asks for nothing. */
export function capExceeded(spec: CaptureSpec, config: PlanConfig, record: RunRecord | undefined): Obstacle | undefined {
  const current = record && sameRun(record.run.spec, spec) ? record.run : undefined;
  if (current?.result) return undefined;
  for (const cap of CAPS) {
    const asked = cap.asks(spec);
    const most = cap.most(config);
    if (asked !== undefined && asked > most && (!current || gives(cap, asked, current))) return refused(cap.reason, told(cap, asked, most));
  }
  return undefined;
}

/** Whether that is more than the run was allowed. Only what may change while it lasts can be. */
function gives({ isLive, asks }: Cap, asked: number, run: Run): boolean {
  const allowed = workingSpec(run);
  return isLive === true && allowed !== undefined && asked > (asks(allowed) ?? Infinity);
}

function told({ field, flag, format }: Cap, asked: number, most: number): string {
  const allows = `the operator allows at most ${format(most)} (${flag})`;
  return asked === Infinity ? `${field} is not set: ${allows}; add "${field.replace('spec.', '')}: ${format(most).replaceAll('"', '')}"` : `${field} ${format(asked)}: ${allows}; use ${format(most)} or less`;
}
