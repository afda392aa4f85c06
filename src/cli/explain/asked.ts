// What was asked for: the spec, in sentences.
import { parseCaptureSpec, type CaptureSpec } from '../../api/capture-spec.js';
import { formatDuration } from '../../api/duration.js';
import { formatSelector } from '../../api/label-selector.js';
import { formatBytes } from '../../api/quantity.js';
import { isCurrent } from '../observe/condition.js';
import { counted, span } from './words.js';
import type { Subject } from './subject.js';

const WHOLE_PACKETS = 262_144;

export function asked({ capture, now }: Subject): string[] {
  const { spec, problems } = parseCaptureSpec(capture.spec);
  const { creationTimestamp, generation } = capture.metadata;
  const created = creationTimestamp === undefined ? [] : [`The object was created ${span(Math.max(0, now - Date.parse(creationTimestamp)))} ago.`];
  const stale = isCurrent(capture) || (capture.status?.observedGeneration ?? -1) < 0 ? [] : [`The spec was edited since the operator looked last (generation ${generation}, it has seen ${capture.status?.observedGeneration}): what follows is of before.`];
  if (!spec) return [`The spec cannot be carried out as it is: ${problems.join('; ')}.`, ...created, ...stale];
  return [...sentences(spec), ...created, ...stale];
}

function sentences(spec: CaptureSpec): string[] {
  const what = spec.filter === '' ? 'every packet' : `the packets that match "${spec.filter}"`;
  const bytes = spec.snapLength < WHOLE_PACKETS ? `, the first ${counted(spec.snapLength, 'byte')} of each` : '';
  const where = spec.interface === 'any' ? 'on all its interfaces' : `on interface ${spec.interface}`;
  return [`Capture ${what} of ${targetWords(spec)}, ${where}${bytes}, ${limits(spec)}.`, `${filesWords(spec)} ${deliveryWords(spec)}`, ...(spec.suspend ? ['It is to be suspended: spec.suspend is true.'] : [])];
}

function targetWords({ target, maxTargets }: CaptureSpec): string {
  if (target.podName !== undefined) return `pod/${target.podName}`;
  const most = `, at most ${maxTargets} at a time`;
  if (target.podSelector) return `${formatSelector(target.podSelector) === '' ? 'every pod of the namespace' : `each pod with ${formatSelector(target.podSelector)}`}${most}`;
  return `each pod of ${target.workload.kind} ${target.workload.name}${most}`;
}

function limits({ durationMs, maxSizeBytes, maxPackets }: CaptureSpec): string {
  const sizes = [...(maxSizeBytes === undefined ? [] : [formatBytes(maxSizeBytes)]), ...(maxPackets === undefined ? [] : [counted(maxPackets, 'packet')])];
  const until = sizes.length === 0 ? '' : `, or until a target has ${sizes.join(' or ')}`;
  return `${durationMs === 0 ? 'until it is stopped' : `for ${formatDuration(durationMs)}`}${until}`;
}

function filesWords({ ring: { files, fileSizeBytes, rotateIntervalSeconds }, upload }: CaptureSpec): string {
  const cuts = [...(fileSizeBytes === undefined ? [] : [formatBytes(fileSizeBytes)]), ...(rotateIntervalSeconds === undefined ? [] : [formatDuration(rotateIntervalSeconds * 1000)])];
  const cut = cuts.length === 0 ? 'One file for each target' : `A new file for each ${cuts.join(' or ')}`;
  const kept = files === undefined ? '' : `, of which a node keeps the newest ${files}`;
  const compressed = upload.compression === 'None' ? '' : `, compressed (${upload.compression})`;
  return `${cut}${kept}${compressed}.`;
}

function deliveryWords({ upload, destinationName }: CaptureSpec): string {
  const where = destinationName === undefined ? 'the default destination' : `destination "${destinationName}"`;
  return upload.policy === 'OnDemand' ? `It is a flight recorder: files stay on the node, and go to ${where} with each snapshot and at the end.` : `Each file goes to ${where} as soon as it is closed.`;
}
