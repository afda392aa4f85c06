// The spec of a PacketCapture as the rest of the code uses it: parsed by today's schema, units in the names, every default filled in.
import { parseDurationMs } from './duration.js';
import type { LabelSelector } from './label-selector.js';
import { packetCaptureSpecSchema, type PacketCaptureSpec } from './packetcapture.js';
import { parseBytes } from './quantity.js';
import { brokenRules } from './rules.js';

/** Exactly one of the three. */
export type TargetSpec = { podName: string; podSelector?: undefined; workload?: undefined } | { podName?: undefined; podSelector: LabelSelector; workload?: undefined } | { podName?: undefined; podSelector?: undefined; workload: WorkloadRef };
export type WorkloadRef = NonNullable<PacketCaptureSpec['target']['workloadRef']>;

export interface CaptureSpec {
  target: TargetSpec;
  /** Most pods at a time; no limit of what a name follows. */
  maxTargets: number;
  interface: string;
  filter: string;
  snapLength: number;
  bufferSizeBytes: number;
  /** 0: until it is stopped. */
  durationMs: number;
  maxSizeBytes?: number;
  maxPackets?: number;
  ring: { files?: number; fileSizeBytes?: number; rotateIntervalSeconds?: number };
  spool: { maxSizeBytes: number };
  upload: { policy: 'Continuous' | 'OnDemand'; compression: 'None' | 'Gzip' | 'Zstd' };
  /** Absent: the default destination. */
  destinationName?: string;
  suspend: boolean;
  runToken: string;
}

export type ParsedSpec = { spec: CaptureSpec; problems?: undefined } | { spec?: undefined; problems: string[] };

/** By the raw object, which is never changed: each turn of a capture asks several times. */
const parsedBefore = new WeakMap<object, ParsedSpec>();

/** Parses a raw spec, whatever wrote it. Each problem is a sentence with the field, the value and the fix. */
export function parseCaptureSpec(raw: unknown): ParsedSpec {
  if (typeof raw !== 'object' || raw === null) return parse(raw);
  const parsed = parsedBefore.get(raw) ?? parse(raw);
  parsedBefore.set(raw, parsed);
  return parsed;
}

function parse(raw: unknown): ParsedSpec {
  const parsed = packetCaptureSpecSchema.safeParse(raw);
  if (!parsed.success) {
    return { problems: parsed.error.issues.map((issue) => `spec.${issue.path.join('.')}: ${issue.message}`) };
  }
  const problems = [...unreadKeys(raw), ...brokenRules(parsed.data)];
  return problems.length > 0 ? { problems } : { spec: resolve(parsed.data) };
}

/** zod leaves this key out, and a selector without it would select more than it says. */
function unreadKeys(raw: unknown): string[] {
  const matchLabels = (raw as { target?: { podSelector?: { matchLabels?: object } } }).target?.podSelector?.matchLabels ?? {};
  return Object.hasOwn(matchLabels, '__proto__') ? ['spec.target.podSelector.matchLabels "__proto__": is no key of a label; write for example "app"'] : [];
}

function resolve(spec: PacketCaptureSpec): CaptureSpec {
  const { ring, maxSize, maxPackets, storage } = spec;
  return {
    target: targetOf(spec.target),
    maxTargets: spec.target.maxTargets,
    interface: spec.interface,
    filter: (spec.filter ?? '').trim(),
    snapLength: spec.snapLength,
    bufferSizeBytes: parseBytes(spec.bufferSize) as number,
    durationMs: parseDurationMs(spec.duration) as number,
    ...(maxSize !== undefined && { maxSizeBytes: parseBytes(maxSize) as number }),
    ...(maxPackets !== undefined && { maxPackets }),
    ring: {
      ...(ring.files !== undefined && { files: ring.files }),
      ...(ring.fileSize !== undefined && { fileSizeBytes: parseBytes(ring.fileSize) as number }),
      ...(ring.rotateInterval !== undefined && { rotateIntervalSeconds: (parseDurationMs(ring.rotateInterval) as number) / 1000 }),
    },
    spool: { maxSizeBytes: parseBytes(spec.spool.maxSize) as number },
    upload: spec.upload,
    ...(storage.destinationRef !== undefined && { destinationName: storage.destinationRef.name }),
    suspend: spec.suspend,
    runToken: spec.runToken ?? '',
  };
}

/** The rules see to it that there is one. */
function targetOf({ podName, podSelector, workloadRef }: PacketCaptureSpec['target']): TargetSpec {
  if (podName !== undefined) return { podName };
  return podSelector === undefined ? { workload: workloadRef as WorkloadRef } : { podSelector };
}
