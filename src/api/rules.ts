// The one table of rules that a schema without CEL can't say. The first word of each is the field; each message shows the value and the fix.
import { parseDurationMs } from './duration.js';
import { filterProblem } from './filter.js';
import { interfaceProblem } from './interface-name.js';
import { selectorProblem } from './label-selector.js';
import type { PacketCaptureSpec } from './packetcapture.js';
import { parseBytes, type Quantity } from './quantity.js';

export interface Rule {
  /** Path of the field that is at fault. */
  field: string;
  /** What the rule demands, for the documentation. */
  demands: string;
  /** The rest of the sentence after the field, or undefined where the spec keeps the rule. */
  check(spec: PacketCaptureSpec): string | undefined;
}

const MB = 1_000_000;
/** tcpdump's -C counts whole MB and a quarter of the spool is the largest file: below 8M a file of 1M would not leave room for three more. */
const SPOOL_MIN_BYTES = 8 * MB;
const BUFFER_MIN_BYTES = 64 * 1024;
/** tcpdump's -B is an int of KiB; libpcap multiplies it back into an int of bytes. */
const BUFFER_MAX_BYTES = 2 ** 31 - 1024;

const wholeBytes = (value: Quantity, field: string): string | undefined =>
  parseBytes(value) === undefined ? `${JSON.stringify(value)}: is no whole number of bytes below 9P; write for example "${field.endsWith('fileSize') ? '10M' : '1Gi'}"` : undefined;

export const RULES: Rule[] = [
  { field: 'spec.target', demands: 'exactly one of `podName`, `podSelector` and `workloadRef`', check: ({ target }) => oneTarget(target) },
  {
    field: 'spec.target.podSelector',
    demands: 'keys and values that labels can have; `In` and `NotIn` with values, `Exists` and `DoesNotExist` without',
    check: ({ target }) => (target.podSelector === undefined ? undefined : selectorProblem(target.podSelector)),
  },
  {
    field: 'spec.target.workloadRef.apiVersion',
    demands: '`apps/v1` for Deployment, StatefulSet, DaemonSet and ReplicaSet, `batch/v1` for Job, `v1` for Service',
    check: ({ target }) => (target.workloadRef === undefined ? undefined : apiVersionOf(target.workloadRef)),
  },
  { field: 'spec.interface', demands: '`any` or the name of a network interface; never a pseudo device of libpcap', check: (s) => interfaceProblem(s.interface) },
  { field: 'spec.filter', demands: 'printable ASCII, addresses in place of host names, not beginning with `-`', check: (s) => filterProblem(s.filter ?? '') },
  { field: 'spec.duration', demands: 'longer than 0; `0s` (until stopped) needs `upload.policy: OnDemand`', check: duration },
  { field: 'spec.bufferSize', demands: 'from 64Ki to just under 2Gi', check: (s) => wholeBytes(s.bufferSize, 'bufferSize') ?? bufferSize(s) },
  { field: 'spec.maxSize', demands: 'at least 1 byte', check: (s) => (s.maxSize === undefined ? undefined : (wholeBytes(s.maxSize, 'maxSize') ?? positive(s.maxSize))) },
  {
    field: 'spec.ring.files',
    demands: 'needs `fileSize` or `rotateInterval`',
    check: ({ ring }) =>
      ring.files !== undefined && ring.fileSize === undefined && ring.rotateInterval === undefined
        ? `${ring.files}: without fileSize or rotateInterval there is only ever one file; add for example "fileSize: 10M"`
        : undefined,
  },
  {
    field: 'spec.ring.files',
    demands: 'at least 2, so that one can be closed while the next is open',
    check: ({ ring }) => (ring.files === 1 ? '1: the open file is one of them, so a closed one could never wait for delivery; use 2 or more' : undefined),
  },
  { field: 'spec.ring.fileSize', demands: 'a whole multiple of 1M (1,000,000 bytes)', check: (s) => (s.ring.fileSize === undefined ? undefined : (wholeBytes(s.ring.fileSize, 'ring.fileSize') ?? fileSize(s.ring.fileSize))) },
  { field: 'spec.ring.rotateInterval', demands: 'whole seconds, at least 1s', check: (s) => (s.ring.rotateInterval === undefined ? undefined : rotateInterval(s.ring.rotateInterval)) },
  { field: 'spec.spool.maxSize', demands: 'at least 8M', check: (s) => wholeBytes(s.spool.maxSize, 'spool.maxSize') ?? spool(s.spool.maxSize) },
];

/** Every broken rule of a spec that the schema accepts, as sentences. */
export function brokenRules(spec: PacketCaptureSpec): string[] {
  return RULES.flatMap((rule) => {
    const problem = rule.check(spec);
    return problem === undefined ? [] : [`${rule.field}${problem.startsWith('.') ? '' : ' '}${problem}`];
  });
}

const TARGETS = ['podName', 'podSelector', 'workloadRef'] as const;

function oneTarget(target: PacketCaptureSpec['target']): string | undefined {
  const given = TARGETS.filter((field) => target[field] !== undefined);
  if (given.length === 1) return undefined;
  return given.length === 0 ? 'names nothing: add one of podName, podSelector and workloadRef, for example "podName: web-0"' : `has ${given.join(' and ')}: keep one of them, or make a capture of each`;
}

const API_VERSION_OF: Record<string, string> = { Job: 'batch/v1', Service: 'v1' };

function apiVersionOf({ apiVersion, kind }: NonNullable<PacketCaptureSpec['target']['workloadRef']>): string | undefined {
  const right = API_VERSION_OF[kind] ?? 'apps/v1';
  return apiVersion === right ? undefined : `"${apiVersion}": a ${kind} is of "${right}"; use that`;
}

function duration({ duration: value, upload }: PacketCaptureSpec): string | undefined {
  const ms = parseDurationMs(value);
  if (ms === undefined) return `"${value.slice(0, 64)}": is no duration below 292 years; write for example "5m"`;
  return ms === 0 && upload.policy !== 'OnDemand' ? `"${value}": only a flight recorder captures until it is stopped; write for example "5m", or add "upload: {policy: OnDemand}"` : undefined;
}

function bufferSize({ bufferSize: value }: PacketCaptureSpec): string | undefined {
  const bytes = parseBytes(value) as number;
  if (bytes < BUFFER_MIN_BYTES) return `${JSON.stringify(value)}: is less than 64Ki, too small to hold packets until tcpdump reads them; use "32Mi"`;
  return bytes > BUFFER_MAX_BYTES ? `${JSON.stringify(value)}: is more than tcpdump can ask for; use at most "1Gi"` : undefined;
}

const positive = (value: Quantity): string | undefined => (parseBytes(value) === 0 ? `${JSON.stringify(value)}: must be at least 1 byte; leave the field out for no limit` : undefined);

function fileSize(value: Quantity): string | undefined {
  const bytes = parseBytes(value) as number;
  if (bytes > 0 && bytes % MB === 0) return undefined;
  const below = Math.floor(bytes / MB);
  const fix = below === 0 ? '"1M"' : `"${below}M" or "${below + 1}M"`;
  return `${JSON.stringify(value)}: must be a whole multiple of 1M (tcpdump counts in 1,000,000 bytes); use ${fix}`;
}

function rotateInterval(value: string): string | undefined {
  const ms = parseDurationMs(value);
  if (ms === undefined) return `"${value.slice(0, 64)}": is no duration below 292 years; write for example "30s"`;
  if (ms >= 1000 && ms % 1000 === 0) return undefined;
  const seconds = Math.max(1, Math.round(ms / 1000));
  return `"${value}": must be whole seconds, at least 1s (tcpdump's -G counts in seconds); use "${seconds}s"`;
}

const spool = (value: Quantity): string | undefined =>
  (parseBytes(value) as number) < SPOOL_MIN_BYTES ? `${JSON.stringify(value)}: is too small: a file is closed at a quarter of it, and tcpdump's smallest file is 1M; use at least "8M"` : undefined;
